// Notes on the chart: which of its buckets a note is of.
import type { Note } from "../api/types";
import { firstDayOf, lastDayOf, type Interval } from "../state/range";

/** The notes of each bucket that has any, by its place. Both are told by the site's own clock. */
export function notesOf(notes: Note[], buckets: string[], interval: Interval): Map<number, Note[]> {
  const found = new Map<number, Note[]>();
  buckets.forEach((bucket, at) => {
    // What is of a day is at its begin, which is one o'clock where midnight is skipped.
    const begins = at === 0 ? bucket.slice(11, 16) <= "01:00" : buckets[at - 1]?.slice(0, 10) !== bucket.slice(0, 10);
    const here = notes.filter((note) => isOf(note.at, bucket, interval, begins));
    if (here.length > 0) found.set(at, here);
  });
  return found;
}

function isOf(moment: string, bucket: string, interval: Interval, begins: boolean): boolean {
  if (interval === "minute" || interval === "hour") {
    if (moment.length === 10) return begins && moment === bucket.slice(0, 10);
    return interval === "minute" ? moment === bucket.slice(0, 16) : moment.slice(0, 13) === bucket.slice(0, 13);
  }
  const day = moment.slice(0, 10);
  return firstDayOf(bucket, interval) <= day && day <= lastDayOf(bucket, interval);
}
