import { Piscina } from 'piscina'
import { HermesError } from '../errors.js'
import { type IdentityMeter, NO_IDENTITY_METER } from './meter.js'
import type { IdentityPolicy } from './policy.js'

/** The built .js, or the .ts where this file is one; tsx on Node 20 hooks `import` in the main thread alone. */
const WORKER = import.meta.url.endsWith('.js')
  ? { filename: import.meta.resolve('./password-worker.js') }
  : { filename: import.meta.resolve('./password-worker.ts'), execArgv: ['--import', tsxLoader()] }

function tsxLoader(): string {
  return `data:text/javascript,import { register } from '${import.meta.resolve('tsx/esm/api')}'; register()`
}

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

/** Who asks. Work of one `key` is done one after another. */
export interface PasswordClient {
  readonly address: string
  readonly key: string
}

interface Waiting extends PasswordClient {
  readonly begin: () => void
  readonly refuse: (error: HermesError) => void
}

/**
 * A pool of threads that hash passwords, with a bounded line in front, first come first served. Threads start
 * with the first password and end when idle.
 */
export class PasswordWorkers {
  readonly #policy: WorkerPolicy
  readonly #meter: IdentityMeter
  readonly #pool: Piscina
  readonly #hasher: PasswordHasher
  readonly #line: Waiting[] = []
  /** Keys whose work is in hand. */
  readonly #running = new Set<string>()

  constructor(policy: WorkerPolicy, meter: IdentityMeter = NO_IDENTITY_METER) {
    this.#policy = policy
    this.#meter = meter
    const { passwordWorkers: maxThreads, bcryptCost: cost } = policy
    this.#pool = new Piscina({ ...WORKER, minThreads: 0, maxThreads, idleTimeout: IDLE_MS })
    // A thread that dies without a task in hand is replaced with the next one; with a task, the task rejects.
    this.#pool.on('error', () => undefined)
    this.#hasher = {
      hash: (password) => this.#run('hash', { password, cost }),
      compare: (password, hash) => this.#run('compare', { password, hash }),
    }
  }

  /**
   * Runs `work` with a thread to itself, behind those who came before. Throws `busy` at once when the line is
   * full, or when too many from this address stand in it.
   */
  async run<T>(client: PasswordClient, work: (hasher: PasswordHasher) => Promise<T>): Promise<T> {
    const since = performance.now()
    if (!this.#mayBegin(client)) await this.#wait(client)
    else this.#running.add(client.key)
    this.#meter.waited(performance.now() - since)
    try {
      return await work(this.#hasher)
    } finally {
      this.#running.delete(client.key)
      this.#next()
    }
  }

  /** Passwords that stand in line. */
  get waiting(): number {
    return this.#line.length
  }

  /** Refuses those in line with `draining`, and ends the threads when the rest is done. */
  async close(): Promise<void> {
    for (const waiting of this.#line.splice(0)) waiting.refuse(new HermesError('draining'))
    await this.#pool.close()
  }

  async #run<T>(task: 'hash' | 'compare', input: object): Promise<T> {
    const since = performance.now()
    const answer = await this.#pool.run(input, { name: task })
    this.#meter.hashed(task, performance.now() - since)
    return answer
  }

  #mayBegin({ key }: PasswordClient): boolean {
    return this.#running.size < this.#policy.passwordWorkers && !this.#running.has(key)
  }

  #wait({ address, key }: PasswordClient): Promise<void> {
    const { passwordWorkers, passwordQueue, passwordQueuePerAddress } = this.#policy
    const ofAddress = this.#line.filter((waiting) => waiting.address === address).length
    if (ofAddress >= passwordQueuePerAddress)
      return Promise.reject(busy('passwordQueuePerAddress', passwordQueuePerAddress))
    const places = passwordWorkers * passwordQueue
    if (this.#line.length >= places) return Promise.reject(busy('passwordQueue', places))
    return new Promise((begin, refuse) => this.#line.push({ address, key, begin, refuse }))
  }

  /** Hands the thread at once to the next who may have it, so that nobody slips in between. */
  #next(): void {
    const index = this.#line.findIndex((waiting) => this.#mayBegin(waiting))
    const [next] = index < 0 ? [] : this.#line.splice(index, 1)
    if (next === undefined) return
    this.#running.add(next.key)
    next.begin()
  }
}

/** What a 5xx is for people is its title alone; its data names the limit. */
function busy(quota: 'passwordQueue' | 'passwordQueuePerAddress', limit: number): HermesError {
  return new HermesError('busy', 'Too many passwords are waiting', { retryAfterMs: RETRY_MS, data: { limit, quota } })
}
