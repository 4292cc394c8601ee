import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { UsageError } from '../command.js'

/** Thrown where a person ended what he was asked. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/**
 * Asks one after another on the terminal; what is typed is not shown. All in one go, so that nothing that is typed
 * quickly is shown between two of them.
 */
export async function askHidden(questions: readonly string[]): Promise<readonly string[]> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 })
  const answers: string[] = []
  const ask = () => process.stderr.write(questions[answers.length] ?? '')
  try {
    await new Promise<void>((resolve, reject) => {
      const end = () => reject(new Interrupted('nothing was done'))
      lines.on('line', (answer) => {
        process.stderr.write('\n')
        answers.push(answer)
        if (answers.length === questions.length) resolve()
        else ask()
      })
      lines.on('SIGINT', end)
      lines.on('close', end)
      ask()
    })
  } finally {
    if (answers.length < questions.length) process.stderr.write('\n')
    lines.close()
  }
  return answers
}

/** Throws Interrupted unless the person says yes. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('there is no terminal to ask on: give --yes where you are sure')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await new Promise<string>((resolve) => {
    lines.once('close', () => resolve(''))
    lines.question(`${question} [y/N] `, resolve)
  }).finally(() => lines.close())
  if (!/^y(es)?$/i.test(answer.trim())) throw new Interrupted('nothing was done')
}
