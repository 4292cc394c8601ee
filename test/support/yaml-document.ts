import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const KEPT = join(ROOT, '.tap', 'documents')

/** A file of the project, parsed; once for all tests, since a large one takes a second. */
export function yamlDocument(name: 'openapi.yaml' | 'asyncapi.yaml'): unknown {
  const text = readFileSync(join(ROOT, name), 'utf8')
  const kept = join(KEPT, `${createHash('sha256').update(text).digest('hex')}.json`)
  try {
    return JSON.parse(readFileSync(kept, 'utf8'))
  } catch {
    const document: unknown = parse(text)
    keep(kept, JSON.stringify(document))
    return document
  }
}

/** Of tests that do so at once, none reads half of it. */
function keep(path: string, text: string): void {
  const draft = join(KEPT, randomUUID())
  mkdirSync(KEPT, { recursive: true })
  writeFileSync(draft, text)
  renameSync(draft, path)
}
