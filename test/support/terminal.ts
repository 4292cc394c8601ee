import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'

/** Why there is no pseudo-terminal to test with, or false. */
export const NO_TERMINAL =
  spawnSync('script', ['--version']).status === 0
    ? false
    : 'script(1) of util-linux, which makes terminals, is not here'

/** A program that is talked to, by pipes or by a terminal, and all that it said. */
export class Dialogue {
  readonly #child: ChildProcess
  readonly ended: Promise<number | null>
  output = ''
  #seen = 0
  #isOver = false
  #wake: () => void = () => undefined

  constructor(child: ChildProcess) {
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString()
        this.#wake()
      })
    this.ended = once(child, 'close').then(([code]) => {
      this.#isOver = true
      this.#wake()
      return code as number | null
    })
  }

  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  end(): void {
    this.#child.stdin?.end()
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves when it says that, after what was waited for before. Rejects when it ends first. */
  async says(pattern: RegExp): Promise<void> {
    for (;;) {
      const found = pattern.exec(this.output.slice(this.#seen))
      if (found) {
        this.#seen += found.index + found[0].length
        return
      }
      if (this.#isOver) throw new Error(`it ended without saying ${pattern}:\n${this.output}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** A line of a shell in a terminal of its own. */
export function inTerminal(t: Test, line: string, env: NodeJS.ProcessEnv): Dialogue {
  const shell = { ...env, SHELL: '/bin/sh', TERM: 'xterm' }
  const child = spawn('script', ['-qefc', line, '/dev/null'], { env: shell, stdio: 'pipe' })
  t.teardown(() => child.kill('SIGKILL'))
  return new Dialogue(child)
}
