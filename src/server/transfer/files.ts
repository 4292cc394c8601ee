import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'

/** What a file of lines is known by. */
export interface Content {
  readonly rows: number
  /** Hex. */
  readonly sha256: string
}

/** Counts lines and hashes them, each with its end, as a file has them. */
export class Tally {
  #rows = 0
  readonly #hash = createHash('sha256')

  add(lines: readonly string[]): string {
    const text = lines.map((line) => `${line}\n`).join('')
    this.#hash.update(text)
    this.#rows += lines.length
    return text
  }

  get rows(): number {
    return this.#rows
  }

  end(): Content {
    return { rows: this.#rows, sha256: this.#hash.digest('hex') }
  }
}

/** Writes a new file (0600) of lines that lasts a loss of power, once its folder is synced. */
export async function writeLines(
  path: string,
  pages: AsyncIterable<readonly string[]>,
  written: (rows: number) => void,
): Promise<Content> {
  const tally = new Tally()
  const handle = await open(path, 'wx', 0o600)
  try {
    for await (const lines of pages) {
      await handle.writeFile(tally.add(lines))
      written(tally.rows)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return tally.end()
}

/** The lines of a file, so many at a time; what stands behind the last end of a line is one more. */
export async function* readLines(path: string, limit: number): AsyncGenerator<readonly string[]> {
  let [lines, rest]: [string[], string] = [[], '']
  for await (const chunk of createReadStream(path, 'utf8')) {
    const parts = `${rest}${chunk}`.split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    while (lines.length >= limit) yield lines.splice(0, limit)
  }
  if (rest !== '') lines.push(rest)
  if (lines.length > 0) yield lines
}
