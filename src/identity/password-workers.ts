import { Piscina } from 'piscina'
import { HermesError } from '../errors.js'
import type { IdentityPolicy } from './policy.js'

/** The worker is TypeScript where this file is: when tsx runs it. */
const WORKER = new URL(`./password-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
const IDLE_MS = 60_000
const RETRY_MS = 1000

/** bcrypt in a worker thread. */
export interface PasswordHasher {
  hash(password: string): Promise<string>
  compare(password: string, hash: string): Promise<boolean>
}

export type WorkerPolicy = Pick<
  IdentityPolicy,
  'bcryptCost' | 'passwordWorkers' | 'passwordQueue' | 'passwordQueuePerAddress'
>

interface Waiting {
  readonly address: string
  readonly begin: () => void
  readonly refuse: (error: HermesError) => void
}

/**
 * A pool of threads that hash passwords, with a bounded line in front, first come first served. Threads start
 * with the first password and end when idle.
 */
export class PasswordWorkers {
  readonly #policy: WorkerPolicy
  readonly #pool: Piscina
  readonly #hasher: PasswordHasher
  readonly #line: Waiting[] = []
  #running = 0

  constructor(policy: WorkerPolicy) {
    this.#policy = policy
    const { passwordWorkers: maxThreads, bcryptCost: cost } = policy
    this.#pool = new Piscina({ filename: WORKER.href, minThreads: 0, maxThreads, idleTimeout: IDLE_MS })
    this.#hasher = {
      hash: (password) => this.#pool.run({ password, cost }, { name: 'hash' }),
      compare: (password, hash) => this.#pool.run({ password, hash }, { name: 'compare' }),
    }
  }

  /**
   * Runs `work` with a thread to itself, behind those who came before. Throws `busy` at once when the line is
   * full, or when too many from this address stand in it.
   */
  async run<T>(address: string, work: (hasher: PasswordHasher) => Promise<T>): Promise<T> {
    if (this.#running >= this.#policy.passwordWorkers) await this.#wait(address)
    else this.#running += 1
    try {
      return await work(this.#hasher)
    } finally {
      this.#next()
    }
  }

  /** Refuses those in line with `draining`, and ends the threads when the rest is done. */
  async close(): Promise<void> {
    for (const waiting of this.#line.splice(0)) waiting.refuse(new HermesError('draining'))
    await this.#pool.close()
  }

  #wait(address: string): Promise<void> {
    const { passwordWorkers, passwordQueue, passwordQueuePerAddress } = this.#policy
    const ofAddress = this.#line.filter((waiting) => waiting.address === address).length
    if (this.#line.length >= passwordWorkers * passwordQueue || ofAddress >= passwordQueuePerAddress)
      return Promise.reject(new HermesError('busy', 'Too many passwords are waiting', { retryAfterMs: RETRY_MS }))
    return new Promise((begin, refuse) => this.#line.push({ address, begin, refuse }))
  }

  /** Hands the thread to the next in line, so that nobody slips in between. */
  #next(): void {
    const next = this.#line.shift()
    if (next === undefined) this.#running -= 1
    else next.begin()
  }
}
