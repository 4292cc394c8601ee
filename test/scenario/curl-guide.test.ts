import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import t from 'tap'
import { startServer } from '../support/server.js'

const execute = promisify(execFile)
const PAGE = readFileSync('docs/clients/curl.md', 'utf8')

t.test('the commands of the guide for curl work as they are printed', async (t) => {
  const server = await startServer(t)
  const commands = Array.from(PAGE.matchAll(/```sh\n([\s\S]*?)```/g), ([, block = '']) => block)
    .join('\n')
    .replaceAll('https://localhost:8443', server.identityUrl)
    .replaceAll('https://localhost:9443', server.hubUrl)
    .replace(`sha256:${'0'.repeat(64)}`, server.rootFingerprint)
  const { stdout } = await execute('bash', ['-euc', commands], { cwd: t.testdir() })
  const [me, sent, events, acknowledged, rest, code] = stdout.trim().split('\n')
  t.match(JSON.parse(me ?? ''), { identity: { username: 'erin' }, device: 'curl' })
  t.match(JSON.parse(sent ?? ''), { seq: 2, duplicate: false })
  t.match(JSON.parse(events ?? ''), { events: [{ type: 'started' }, { type: 'message', payload: 'Hello' }] })
  t.equal(acknowledged, '{}')
  t.same(JSON.parse(rest ?? ''), { events: [], gaps: [], more: false })
  t.equal(code, 'user_not_found')
})
