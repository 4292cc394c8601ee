/** Runs a callback of others: should it throw, the process hears of it, and whoever called goes on. */
export function isolate(callback: () => void): void {
  try {
    callback()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
