import { readFile } from 'node:fs/promises'
import { Parser } from '@asyncapi/parser'
import t from 'tap'
import { ERRORS } from '../../src/errors.js'
import { generateAsyncApi } from '../../src/server/asyncapi/document.js'
import { ASYNCAPI, checkMessage } from '../support/frame-conformance.js'

const text = await readFile(new URL('../../asyncapi.yaml', import.meta.url), 'utf8')

t.test('asyncapi.yaml is what the table of operations and the schemas say', async (t) => {
  t.ok(text === generateAsyncApi(), 'asyncapi.yaml differs from the source: run npm run docs')
})

t.test('it is AsyncAPI 3.0, in the eyes of its own parser', async (t) => {
  const { document, diagnostics } = await new Parser().parse(text)
  t.equal(document?.version(), '3.0.0')
  const known = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')
  t.same(known, [])
  const broken = await new Parser().parse(text.replace('action: receive', 'action: hear'))
  t.ok(
    broken.diagnostics.some(({ severity }) => severity === 0),
    'the check itself',
  )
})

t.test('every operation is described, every refusal known, and every example fits', async (t) => {
  for (const { title, action, description = '' } of Object.values(ASYNCAPI.operations)) {
    if (action === 'receive') t.ok(description, title)
    const codes = [...description.matchAll(/`([a-z]+_[a-z_]+)` \(/g)].map(([, code = '']) => code)
    for (const code of codes) t.ok(code in ERRORS, `${title}: ${code}`)
  }
  for (const [name, { description, examples }] of Object.entries(ASYNCAPI.components.messages)) {
    t.ok(description, name)
    t.equal(examples.length, 1, name)
    for (const { payload } of examples) t.doesNotThrow(() => checkMessage(name, payload), name)
  }
})
