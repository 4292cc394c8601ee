import { setPriority } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import bcrypt from 'bcryptjs'

/**
 * Nice value of the threads that hash: whoever sends messages goes first, and hashing has what is left, a tenth of a
 * busy core at least.
 */
const NICE = 10

// On Linux alone a thread has a priority of its own; elsewhere it would be that of the whole process.
if (process.platform === 'linux' && !isMainThread) setPriority(NICE)

export interface HashTask {
  readonly password: string
  readonly cost: number
}

export interface CompareTask {
  readonly password: string
  readonly hash: string
}

/** Runs in a worker thread, where blocking is the point: bcryptjs is faster without its pauses. */
export function hash({ password, cost }: HashTask): string {
  return bcrypt.hashSync(password, cost)
}

export function compare({ password, hash }: CompareTask): boolean {
  return bcrypt.compareSync(password, hash)
}
