import { Interrupted } from './ask.js'

/** What a person, or a program, is waited for; a signal ends the waiting: rejects with Interrupted. */
export async function untilStopped<T>(stop: AbortSignal, waited: Promise<T>): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    const end = () => reject(new Interrupted('nothing was done'))
    stop.addEventListener('abort', end, { once: true })
    if (stop.aborted) end()
  })
  return Promise.race([waited, stopped])
}
