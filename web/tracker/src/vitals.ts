// `vitals.js`: what the plus build fetches when the page asks for Web Vitals.
export { vitals as default } from "./extensions/vitals";
