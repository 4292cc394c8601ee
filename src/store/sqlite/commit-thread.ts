import { Worker, type WorkerOptions } from 'node:worker_threads'
import type { StoreLogger } from '../logger.js'
import type { Batch, BatchOutcome } from './batch.js'
import type { CommitWorkerData } from './commit-worker.js'

/**
 * Starts the worker: the built .js, or where this file is TypeScript the .ts. There the thread asks for the loader
 * itself, since tsx on Node 20 hooks `import` in the main thread alone.
 */
function spawnWorker(options: WorkerOptions): Worker {
  if (import.meta.url.endsWith('.js')) return new Worker(new URL('./commit-worker.js', import.meta.url), options)
  const [loader, worker] = [import.meta.resolve('tsx/esm/api'), import.meta.resolve('./commit-worker.ts')]
  return new Worker(`import('${loader}').then(({ register }) => { register(); return import('${worker}') })`, {
    ...options,
    eval: true,
  })
}

/** What became of each piece of a batch, or null and the cause when the thread died under it. */
type Settle = (outcome: BatchOutcome | null, cause: unknown) => void

/** The thread that commits, one batch at a time. When it dies, the next batch starts another. */
export class CommitThread {
  readonly #path: string
  readonly #logger: StoreLogger
  #worker: Worker | null = null
  #settle: Settle | null = null

  constructor(path: string, logger: StoreLogger) {
    this.#path = path
    this.#logger = logger
  }

  /** Resolves when the thread has opened the database. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker = this.#spawn()
      this.#worker.once('message', () => resolve())
      this.#worker.once('error', reject)
    })
  }

  /** Calls `settle` once. There is one batch at a time. */
  commit(batch: Batch, settle: Settle): void {
    this.#settle = settle
    this.#worker ??= this.#spawn()
    this.#worker.postMessage(batch)
  }

  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === null) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage(null)
    await exited
  }

  #spawn(): Worker {
    const workerData: CommitWorkerData = { path: this.#path }
    const worker = spawnWorker({ workerData, name: 'hermes-commit' })
    let cause: unknown = new Error('The committing thread ended')
    worker.on('message', (message: BatchOutcome | 'ready') => {
      if (message !== 'ready') this.#finish(message, null)
    })
    worker.once('error', (error) => {
      cause = error
    })
    worker.once('exit', (code) => {
      if (this.#worker === worker) this.#worker = null
      if (code !== 0) this.#logger.error({ err: cause, code }, 'The committing thread died')
      this.#finish(null, cause)
    })
    return worker
  }

  #finish(outcome: BatchOutcome | null, cause: unknown): void {
    const settle = this.#settle
    this.#settle = null
    settle?.(outcome, cause)
  }
}
