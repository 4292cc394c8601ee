import { execFile } from 'node:child_process'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What --json printed. */
  json<T = Record<string, unknown>>(): T
}

export type AdminCommandLine = (...args: readonly string[]) => Promise<Outcome>

/** `hermes admin` of a compiled command, in the folder of an installation. */
export function adminIn(
  directory: string,
  command: string,
  environment: Readonly<Record<string, string>> = {},
): AdminCommandLine {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HERMES_'))
  const env = { ...Object.fromEntries(inherited), ...environment }
  return (...args) =>
    new Promise((resolve) => {
      execFile(process.execPath, [command, 'admin', ...args], { cwd: directory, env }, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? -1)
        resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) })
      })
    })
}
