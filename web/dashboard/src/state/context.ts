// How a component reaches the app without every parent handing it on.
import { getContext, setContext } from "svelte";
import type { App } from "./app.svelte";

const APP = Symbol("app");

export const setApp = (app: App): App => setContext(APP, app);
export const getApp = (): App => getContext<App>(APP);
