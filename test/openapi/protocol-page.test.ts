import { readFileSync } from 'node:fs'
import t from 'tap'
import { ERRORS } from '../../src/errors.js'
import { OPERATIONS } from '../../src/hub/operations/table.js'
import { ConversationEvent } from '../../src/wire/events.js'
import { CLOSE, NOTIFICATIONS } from '../../src/wire/frames.js'
import { DOCUMENT } from '../support/conformance.js'

const PAGE = readFileSync('docs/protocol.md', 'utf8')

/** Described on pages of their own, or of the pages themselves. */
const ELSEWHERE = /^\/(admin|me\/audit|docs|health|openapi|asyncapi|hub$|\.well-known\/est)/

t.test('docs/protocol.md has each method, event, notification, code and route', async (t) => {
  for (const { method, params } of OPERATIONS) {
    if (method === null) continue
    const row = PAGE.split('\n').find((line) => line.startsWith(`| \`${method}\` |`)) ?? ''
    const shape = 'shape' in params ? Object.keys(params.shape as object) : ['conversation', 'seq', 'invitation']
    for (const name of shape) t.match(row, name, `${method}: ${name}`)
  }
  for (const { shape } of ConversationEvent.options) {
    const [type = ''] = shape.type.values
    const row = PAGE.split('\n').find((line) => new RegExp(`^\\| (\`\\w+\`, )*\`${type}\``).test(line)) ?? ''
    const own = Object.keys(shape).filter((name) => !['conversation', 'seq', 'at', 'type', 'from'].includes(name))
    for (const name of own) t.match(row, name, `${type}: ${name}`)
  }
  for (const name of Object.keys(NOTIFICATIONS)) t.ok(PAGE.includes(`\`${name}`), name)
  for (const code of Object.keys(ERRORS)) t.ok(PAGE.includes(`\`${code}\``), code)
  for (const { code } of Object.values(CLOSE)) t.ok(PAGE.includes(`[${code}]`), String(code))
})

t.test('it has each route of both listeners', async (t) => {
  for (const [path, item] of Object.entries(DOCUMENT.paths)) {
    if (ELSEWHERE.test(path)) continue
    const [stem = path] = path.split(/-\{|\{request/)
    for (const method of Object.keys(item ?? {}))
      t.ok(PAGE.includes(`${method.toUpperCase()} ${stem}`) || PAGE.includes(`\`${stem}\``), `${method} ${path}`)
  }
})
