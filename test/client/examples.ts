import { readFileSync } from 'node:fs'

/** The example of a public method, as its doc comment has it. */
export interface Example {
  /** File and name. */
  readonly method: string
  readonly text: string
}

/** Every doc comment with an example of a file of src/client, and the name behind it. */
export function examplesOf(file: string): readonly Example[] {
  const source = readFileSync(new URL(`../../src/client/${file}.ts`, import.meta.url), 'utf8')
  const pattern = /@example\n((?: {3}\* ?.*\n)+) {3}\*\/\n {2}(?:static )?(?:async )?(?:get )?\*?(\w+)\(/g
  return [...source.matchAll(pattern)].map(([, text = '', method = '']) => ({
    method: `${file}.${method}`,
    text: text.replace(/^ {3}\* ?/gm, ''),
  }))
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...text: string[]
) => (...values: unknown[]) => Promise<void>

/** Runs a text with names that it takes for granted. */
export async function runText(text: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  await new AsyncFunction(...Object.keys(values), `{ ${text} }`)(...Object.values(values))
}
