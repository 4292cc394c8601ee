import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What may be asked of a server, and what it answers. */
export interface Answers {
  /** Microseconds of CPU, user and system, of all its threads so far. */
  readonly cpu: number
  /** After the collector ran. */
  readonly memory: Memory
  /** How late its event loop was since this was asked last, or since the first time. */
  readonly delay: Delay
}

export interface Memory {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

/** Milliseconds. */
export interface Delay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What a server says first. */
export interface Listening {
  readonly port: number
  readonly identityPort?: number
}

/** A server in a process of its own, so that its CPU time and its memory are its alone. */
export class Child {
  readonly #process: ChildProcess
  readonly port: number
  /** Of the identity listener; 0 where there is none. */
  readonly identityPort: number

  private constructor(process: ChildProcess, { port, identityPort = 0 }: Listening) {
    this.#process = process
    this.port = port
    this.identityPort = identityPort
  }

  /** Starts a script that calls `serveParent`; `environment` is added to that of this process. */
  static async start(
    script: URL,
    directory: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Child> {
    const child = fork(script, [directory], {
      execArgv: ['--import=tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...environment },
    })
    const [listening] = (await once(child, 'message')) as [Listening]
    return new Child(child, listening)
  }

  /** Microseconds of CPU, user and system, of all its threads so far. */
  cpu(): Promise<number> {
    return this.ask('cpu')
  }

  async ask<Q extends keyof Answers>(question: Q): Promise<Answers[Q]> {
    this.#process.send(question)
    const [answer] = (await once(this.#process, 'message')) as [Answers]
    return answer[question]
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await exit
  }
}
