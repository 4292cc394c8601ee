import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUser } from '../support/user.js'

const execute = promisify(execFile)
const PYTHON = '/usr/bin/python3'
const CLIENT = 'docs/examples/client.py'
/** Where Debian's packages of Go libraries are. */
const GO = { GOPATH: '/usr/share/gocode', GO111MODULE: 'off' }

const runs = async (program: string, ...argv: readonly string[]) =>
  execute(program, argv).then(
    () => true,
    () => false,
  )

const hasPython = await runs(PYTHON, '-c', 'import websockets')
const hasGo = await runs('sh', '-c', 'command -v go && test -d /usr/share/gocode/src/github.com/gorilla/websocket')

t.test(
  'a client in Python, made from docs/protocol.md, takes part',
  {
    skip: !hasPython && 'python3-websockets is not installed',
  },
  async (t) => {
    const server = await startServer(t)
    const { stdout } = await execute(PYTHON, [CLIENT, server.rootFingerprint, server.identityUrl])
    t.match(stdout, /verified that alice-.*\nalice-\w+: Hello bob\nbob-\w+ left\nrefused: conversation_not_found\n$/)
    const stranger = `sha256:${'0'.repeat(64)}`
    await t.rejects(execute(PYTHON, [CLIENT, stranger, server.identityUrl]), 'a root that is not the pinned one')
  },
)

t.test(
  'its transcripts are those of the vectors',
  {
    skip: !hasPython && 'python3-websockets is not installed',
  },
  async (t) => {
    const script = `import json, sys; sys.path.insert(0, "docs/examples"); sys.dont_write_bytecode = True; import client
for case in json.load(open("test/vectors/invitation-v1.json"))["cases"]:
    if case["valid"]: print(client.transcript(case["fields"]) == case["transcript"])`
    const { stdout } = await execute(PYTHON, ['-c', script])
    const { cases } = JSON.parse(readFileSync('test/vectors/invitation-v1.json', 'utf8')) as {
      readonly cases: readonly { readonly valid: boolean }[]
    }
    t.equal(stdout, 'True\n'.repeat(cases.filter(({ valid }) => valid).length))
  },
)

t.test(
  'the outline in Go listens, acknowledges and ends',
  {
    skip: !hasGo && 'golang and golang-github-gorilla-websocket-dev are not installed',
  },
  async (t) => {
    const env = { ...process.env, ...GO }
    const directory = t.testdir()
    await execute('go', ['vet', 'docs/examples/listen.go'], { env })
    await execute('go', ['build', '-o', join(directory, 'listen'), 'docs/examples/listen.go'], { env })
    const server = await startServer(t)
    const [alice, bob] = [await registerUser(server, 'alice'), await registerUser(server, 'bob')]
    const files = { root: server.rootPem, cert: alice.certificate, key: alice.keyPem }
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
    const flags = Object.keys(files).flatMap((name) => [`-${name}`, join(directory, name)])
    const hub = server.hubUrl.replace('https', 'wss')
    const listening = execFile(join(directory, 'listen'), ['-hub', hub, '-device', 'go', ...flags])
    t.teardown(() => listening.kill())
    const participants = [{ username: 'bob', fingerprint: bob.fingerprint }]
    const { conversation } = (await alice.call('POST', '/conversations', { participants })).json()
    const [printed] = (await once(listening.stdout ?? listening, 'data')) as [string]
    t.match(JSON.parse(printed), { conversation, seq: 1, type: 'started' })
    const acked = async () => (await alice.call('GET', '/conversations?device=go')).json<{ conversations: unknown[] }>()
    while (!JSON.stringify(await acked()).includes('"ackedSeq":1')) await new Promise(setImmediate)
    const elsewhere = await connect(t, server, alice, { device: 'go' })
    const [code] = (await once(listening, 'exit')) as [number]
    t.equal(code, 1, 'replaced (4505) it does not come again')
    t.equal(elsewhere.closed, null)
  },
)
