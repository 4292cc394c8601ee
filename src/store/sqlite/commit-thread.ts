import { Worker, type WorkerOptions } from 'node:worker_threads'
import { type BatchOutcome, type Commit, refuseAll } from '../commit/batch.js'
import type { StoreLogger } from '../logger.js'
import { describe } from '../unavailable.js'
import type { CommitWorkerData, Work } from './commit-worker.js'
import type { Removal, RemovalOutcome } from './message-removal.js'
import { packAppends } from './packed-batch.js'
import type { ProbeOutcome } from './write-probe.js'

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

type Outcome = BatchOutcome | RemovalOutcome | ProbeOutcome

/** What became of a piece of work, or null and the cause when the thread died under it. */
type Settle<T> = (outcome: T | null, cause: unknown) => void

/** The thread that commits, one piece of work at a time. When it dies, the next piece starts another. */
export class CommitThread {
  readonly #workerData: CommitWorkerData
  readonly #logger: StoreLogger
  #worker: Worker | null = null
  #settle: Settle<unknown> | null = null
  #closed = false

  constructor(workerData: CommitWorkerData, logger: StoreLogger) {
    this.#workerData = workerData
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

  /** Calls `settle` once. */
  readonly commit: Commit = (batch, settle) => {
    const { appends, ...rest } = batch
    this.#give<BatchOutcome>({ ...rest, ...packAppends(appends) }, (outcome, cause) =>
      settle(outcome ?? refuseAll(batch, describe(cause))),
    )
  }

  remove(removal: Removal): Promise<RemovalOutcome> {
    return new Promise((resolve) =>
      this.#give<RemovalOutcome>(removal, (outcome, cause) => resolve(outcome ?? { cause: describe(cause) })),
    )
  }

  /** Answers why the database cannot be written, or null. */
  probe(): Promise<string | null> {
    return new Promise((resolve) =>
      this.#give<ProbeOutcome>('probe', (outcome, cause) => {
        if (outcome === 'written') resolve(null)
        else resolve(outcome?.cause ?? describe(cause))
      }),
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    const worker = this.#worker
    if (worker === null) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage(null)
    await exited
  }

  #give<T extends Outcome>(work: Work, settle: Settle<T>): void {
    if (this.#closed) return settle(null, new Error('The store is closed'))
    this.#settle = (outcome, cause) => settle(outcome as T | null, cause)
    this.#worker ??= this.#spawn()
    this.#worker.postMessage(work)
  }

  #spawn(): Worker {
    const worker = spawnWorker({ workerData: this.#workerData, name: 'hermes-commit' })
    let cause: unknown = new Error('The committing thread ended')
    worker.on('message', (message: Outcome | 'ready') => {
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

  #finish(outcome: Outcome | null, cause: unknown): void {
    const settle = this.#settle
    this.#settle = null
    settle?.(outcome, cause)
  }
}
