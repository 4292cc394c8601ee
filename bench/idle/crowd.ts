import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Person } from '../support/people.js'

/** What the process of a crowd is told. */
export interface CrowdSetup {
  readonly directory: string
  /** With `NAME` for the username and `DEVICE` for one of his devices. */
  readonly url: string
  /** Connections of each. */
  readonly devices: number
  readonly people: readonly Person[]
}

export interface CrowdReport {
  readonly open: number
  /** Connections that were closed without being asked to. */
  readonly lost: number
}

/** Many idle clients in a process of their own. */
export class Crowd {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Resolves when all are connected. */
  static async gather(setup: CrowdSetup): Promise<Crowd> {
    const child = fork(new URL('./crowd-process.ts', import.meta.url), { execArgv: ['--import=tsx'] })
    await once(child, 'message')
    child.send(setup)
    await once(child, 'message')
    return new Crowd(child)
  }

  report(): Promise<CrowdReport> {
    return this.#ask('report')
  }

  /** Every client asks who he is; answers how many were told. */
  whoami(): Promise<number> {
    return this.#ask('whoami')
  }

  async leave(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }

  async #ask<A>(question: 'report' | 'whoami'): Promise<A> {
    this.#process.send(question)
    const [answer] = (await once(this.#process, 'message')) as [A]
    return answer
  }
}
