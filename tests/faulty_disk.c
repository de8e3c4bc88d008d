/* A disk that fails: put before libc with LD_PRELOAD. While the file FAIL_WHILE exists (or, with
   FAIL_FROM, from that call on) what would change a file says FAIL_ERRNO. Only files under
   FAIL_UNDER are meant. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>

static long calls;

static int is_meant(int fd) {
  const char *under = getenv("FAIL_UNDER");
  char link[64], path[PATH_MAX];
  ssize_t length;
  if (!under) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strncmp(path, under, strlen(under)) == 0;
}

static int fails(int fd) {
  const char *while_there = getenv("FAIL_WHILE"), *from = getenv("FAIL_FROM");
  if (!is_meant(fd)) return 0;
  calls++;
  if (!(while_there && access(while_there, F_OK) == 0) && !(from && calls >= atol(from))) return 0;
  errno = atoi(getenv("FAIL_ERRNO"));
  return 1;
}

static int syncs_only(void) { return getenv("FAIL_SYNCS_ONLY") != NULL; }

#define REAL(name, type, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { return fails(fd) ? -1 : REAL(fsync, int, int)(fd); }
int fdatasync(int fd) { return fails(fd) ? -1 : REAL(fdatasync, int, int)(fd); }
ssize_t write(int fd, const void *from, size_t size) {
  if (!syncs_only() && fails(fd)) return -1;
  return REAL(write, ssize_t, int, const void *, size_t)(fd, from, size);
}
ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
  if (!syncs_only() && fails(fd)) return -1;
  return REAL(pwrite, ssize_t, int, const void *, size_t, off_t)(fd, from, size, at);
}
ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
  if (!syncs_only() && fails(fd)) return -1;
  return REAL(pwrite64, ssize_t, int, const void *, size_t, off64_t)(fd, from, size, at);
}
