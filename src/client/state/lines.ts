import type { FileHandle } from 'node:fs/promises'

/** A line of a file, without its newline. */
export interface Line {
  readonly text: string
  /** Bytes from the beginning of the file. */
  readonly offset: number
  /** Where the next one begins. */
  readonly next: number
}

const CHUNK_BYTES = 64 * 1024
const NEWLINE = 0x0a

/** The whole lines between two offsets of a file; what has no newline at the end is none. */
export async function* linesOf(file: FileHandle, from: number, to: number): AsyncGenerator<Line, void> {
  let rest: Buffer = Buffer.alloc(0)
  for (let position = from; position < to; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - position))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position)
    if (bytesRead === 0) return
    const data = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    let start = 0
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      const offset = position - rest.length + start
      yield { text: data.toString('utf8', start, end), offset, next: offset + end - start + 1 }
      start = end + 1
    }
    position += bytesRead
    rest = data.subarray(start)
  }
}
