/** Resolves in a task of its own, so that the browser answers the finger and paints before. */
export const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
