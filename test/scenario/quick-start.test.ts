import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { buildCommand } from '../support/build.js'
import { curlOf } from '../support/curl.js'
import { startServer, type TestServer } from '../support/server.js'

const readme = readFileSync('README.md', 'utf8')
const blocksOf = (title: string) => {
  const section = new RegExp(`\\n## ${title}\\n([\\s\\S]*?)\\n## `).exec(readme)?.[1] ?? ''
  return Array.from(section.matchAll(/```sh\n([\s\S]*?)```/g), ([, block = '']) => block)
}
const blocks = blocksOf('Quick start by hand')
const isLive = (block: string) => block.startsWith('npx wscat ')

/** The database of this server is not where it is by default. */
const HERMES = `HERMES_DATABASE_URL=file:./hermes.db node ${await buildCommand()}`

/** The commands as printed, but for the ports and files of this server, and the place of programs. */
function here(block: string, { identityUrl, hubUrl }: TestServer): string {
  return block
    .replaceAll('https://localhost:8443', identityUrl)
    .replaceAll('https://localhost:9443', hubUrl)
    .replaceAll('wss://localhost:9443', hubUrl.replace('https', 'wss'))
    .replaceAll('node dist/cli/main.js', HERMES)
    .replaceAll('npx wscat', `exec node ${fileURLToPath(import.meta.resolve('wscat/bin/wscat'))}`)
}

/** A shell in the server's folder, which holds `certs` as the repository's folder does. */
function shell(t: Test, { directory: cwd }: TestServer, commands: string) {
  const child = spawn('bash', ['-euc', commands], { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  t.teardown(() => child.kill())
  const seen = { output: '', errors: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    seen.output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    seen.errors += chunk.toString()
  })
  const until = async (text: string) => {
    while (!seen.output.includes(text)) await once(child.stdout, 'data')
  }
  return { child, seen, until, type: (line: string) => child.stdin.write(`${line}\n`) }
}

t.test('the quick start of README works as it is printed', async (t) => {
  const server = await startServer(t, { HERMES_BCRYPT_COST: '12' })
  const curl = await curlOf(server)
  const [register, verify, ...rest] = blocks.filter((block) => !isLive(block))
  const terminals = blocks.filter(isLive)
  t.equal(terminals.length, 2)
  t.equal(rest.length, 4)

  const first = shell(t, server, here(`${register}${verify}`, server))
  const [code] = await once(first.child, 'close')
  t.equal(code, 0, first.seen.errors)
  t.ok(first.seen.output.endsWith('alice.pem: OK\nbob.pem: OK\n'))

  const [alice, bob] = terminals.map((block) => shell(t, server, here(block, server)))
  if (!alice || !bob) throw new Error('README opens two terminals')
  await Promise.all([alice.until('"method":"synced"'), bob.until('"method":"synced"')])
  const second = shell(t, server, here(rest.join('\n'), server))
  const [secondCode] = await once(second.child, 'close')
  t.equal(secondCode, 0, second.seen.errors)
  await Promise.all([alice.until('"type":"joined"'), bob.until('"type":"joined"')])
  const line = second.seen.output.trim().split('\n').at(-1) ?? ''
  t.match(JSON.parse(line.slice(line.indexOf('{"jsonrpc"'))), { method: 'send', params: { payload: 'Hello bob' } })
  alice.type(line.slice(line.indexOf('{"jsonrpc"')))
  await Promise.all([alice.until('"duplicate":false'), bob.until('"payload":"Hello bob"')])

  const upkeep = blocksOf('The life of a certificate')
  t.equal(upkeep.length, 4)
  const third = shell(t, server, here(upkeep.join('\n'), server))
  const [thirdCode] = await once(third.child, 'close')
  t.equal(thirdCode, 0, third.seen.errors)
  t.match(third.seen.output, /BEGIN CERTIFICATE.*effectiveAt.*effectiveAt/s)
  t.equal((await curl('GET', `${server.identityUrl}/fetch/alice`)).status, 404, 'her account is deleted')

  const fourth = shell(t, server, here(blocksOf('Administration').join('\n'), server))
  const [fourthCode] = await once(fourth.child, 'close')
  t.equal(fourthCode, 0, fourth.seen.errors)
  t.match(
    fourth.seen.output,
    /^The role of bob is administrator\.\nUSERNAME .*\nalice +user +deleted .*"username":"bob"/s,
  )

  const others = [...blocksOf('Revocation, for programs that never heard of Hermes'), ...blocksOf('EST')]
  const fifth = shell(t, server, here(`${others.join('\n')}openssl x509 -in frank.pem -noout -issuer`, server))
  const [fifthCode] = await once(fifth.child, 'close')
  t.equal(fifthCode, 0, fifth.seen.errors)
  t.match(fifth.seen.output, /^bob\.pem: OK\nissuer=CN = Hermes Users CA\n$/)
})
