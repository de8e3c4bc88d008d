// Notes on the chart: which of its buckets a note is of.
import type { Note } from "../api/types";
import { firstDayOf, lastDayOf, type Interval } from "../state/range";

/** The notes of each bucket that has any, by its place. Both are told by the site's own clock. */
export function notesOf(notes: Note[], buckets: string[], interval: Interval): Map<number, Note[]> {
  const found = new Map<number, Note[]>();
  buckets.forEach((bucket, at) => {
    const here = notes.filter((note) => isOf(note.at, bucket, interval));
    if (here.length > 0) found.set(at, here);
  });
  return found;
}

function isOf(moment: string, bucket: string, interval: Interval): boolean {
  const minute = moment.length > 10 ? moment : `${moment}T00:00`;
  if (interval === "minute") return minute === bucket.slice(0, 16);
  if (interval === "hour") return minute.slice(0, 13) === bucket.slice(0, 13);
  const day = moment.slice(0, 10);
  return firstDayOf(bucket, interval) <= day && day <= lastDayOf(bucket, interval);
}
