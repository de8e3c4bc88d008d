// The chart's arithmetic, without a screen: scales, paths, which labels fit, which point is meant.
import { nice, ticks } from "d3-array";
import { area, curveMonotoneX, line } from "d3-shape";

export interface Box {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}
export type Points = (number | null)[];

export interface Drawing {
  x: (index: number) => number;
  y: (value: number) => number;
  /** The whole line; right of `dashedFrom` it is not over yet. */
  line: string;
  dashedFrom: number;
  fill: string;
  ghost: string;
  ticks: number[];
}

export function draw(box: Box, values: Points, ghost: Points, unfinished: boolean, most = 0): Drawing {
  const inner = Math.max(1, box.width - box.left - box.right);
  const gaps = Math.max(1, values.length - 1);
  const x = (index: number) => (values.length === 1 ? box.left + inner / 2 : box.left + (inner * index) / gaps);
  const top = Math.max(most, ...values.map((one) => one ?? 0), ...ghost.map((one) => one ?? 0));
  // d3-scale would do this and bring 8 kB for its formats and colours.
  const [, high] = nice(0, top || 1, 4);
  // Nobody comes by halves.
  const isCount = [...values, ...ghost].every((one) => one === null || Number.isInteger(one));
  const floor = box.height - box.bottom;
  const y = (value: number) => floor - ((floor - box.top) * value) / high;

  const path = line<number | null>().defined((one) => one !== null).x((_, index) => x(index)).y((one) => y(one ?? 0)).curve(curveMonotoneX).digits(1);
  const under = area<number | null>().defined((one) => one !== null).x((_, index) => x(index)).y0(y(0)).y1((one) => y(one ?? 0)).curve(curveMonotoneX).digits(1);
  return {
    x, y,
    line: path(values) ?? "",
    dashedFrom: unfinished && values.length > 1 ? x(values.length - 2) : box.width,
    fill: under(values) ?? "",
    // The compared span can be longer by a bucket; it ends with ours.
    ghost: path(ghost.slice(0, values.length)) ?? "",
    ticks: ticks(0, high, 4).filter((one) => !isCount || Number.isInteger(one)),
  };
}

/** Which point lies nearest to the pointer. */
export function nearest(box: Box, count: number, pointerX: number): number {
  const inner = Math.max(1, box.width - box.left - box.right);
  const at = Math.round(((pointerX - box.left) / inner) * Math.max(1, count - 1));
  return Math.min(count - 1, Math.max(0, at));
}

/** As many labels as fit, evenly, none cut at the right edge. */
export function labelled(count: number, width: number, labelWidth = 76): number[] {
  if (count <= 1) return count === 1 ? [0] : [];
  const room = Math.max(2, Math.floor(width / labelWidth));
  const step = Math.max(1, Math.ceil(count / room));
  const found = [];
  for (let index = 0; index < count; index += step) found.push(index);
  return found;
}

/** The room that the axis' figures take, in digits of 11 px; Korean letters are as wide as high. */
export function gutter(told: string[]): number {
  const wide = (text: string) => [...text].reduce((sum, letter) => sum + (letter > "\u2e80" ? 11 : 6.6), 0);
  return Math.ceil(Math.max(12, ...told.map(wide))) + 10;
}

/** A trend of a tile: the same points, small, without axes. */
export function spark(values: Points, width: number, height: number): string {
  if (values.length < 2) return "";
  const drawing = draw({ width, height, left: 1, right: 1, top: 3, bottom: 2 }, values, [], false);
  return drawing.line;
}
