/** Resolves in a task of its own, so that the browser answers the finger and paints before. */
export const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

const STARTS_FOR_MS = 5_000;
/** When this code had arrived: how long a slow line took to bring it does not count. */
const began = performance.now();

/** Whether the page has only just been opened, so that everything on it is drawn for the first time. */
export const isStarting = (): boolean => performance.now() - began < STARTS_FOR_MS;
