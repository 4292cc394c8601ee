import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { connect } from '../support/hub-client.js'
import { startServer, type TestServer } from '../support/server.js'
import { registerUsers, type User } from '../support/user.js'

const UPGRADE = [
  'GET /hub HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
  '',
  '',
].join('\r\n')
const FIN = 0x80
const MASKED = 0x80
const [CONTINUATION, TEXT, CLOSE, PING] = [0x0, 0x1, 0x8, 0x9]

/** A frame of a client, its mask all zeros [RFC 6455 5.2]. */
function frame(first: number, payload: Buffer | string = '', length = Buffer.byteLength(payload)): Buffer {
  const lengthBytes = Buffer.alloc(length < 126 ? 1 : length < 65_536 ? 3 : 9, 0)
  lengthBytes[0] = MASKED | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (lengthBytes.length === 3) lengthBytes.writeUInt16BE(length, 1)
  if (lengthBytes.length === 9) lengthBytes.writeBigUInt64BE(BigInt(length), 1)
  return Buffer.concat([Buffer.of(first), lengthBytes, Buffer.alloc(4), Buffer.from(payload)])
}

/** What is sent, and the code of the close frame that answers it [RFC 6455 7.4.1]. */
const CASES: Readonly<Record<string, readonly [code: number, bytes: Buffer]>> = {
  'a reserved bit': [1002, frame(FIN | 0x40 | TEXT, '1')],
  'a frame without a mask': [1002, Buffer.from([FIN | TEXT, 1, 0x31])],
  'an unknown opcode': [1002, frame(FIN | 0x3, '1')],
  'a ping that is too long': [1002, frame(FIN | PING, 'x'.repeat(126))],
  'a ping in pieces': [1002, frame(PING, 'x')],
  'the rest of nothing': [1002, frame(FIN | CONTINUATION, 'x')],
  'a text within a text': [1002, Buffer.concat([frame(TEXT, '{'), frame(FIN | TEXT, '}')])],
  'a close code that nobody may send': [1002, frame(FIN | CLOSE, Buffer.from([0x03, 0xed]))],
  'half a close code': [1002, frame(FIN | CLOSE, Buffer.from([0x03]))],
  'a reason that is not UTF-8': [1007, frame(FIN | CLOSE, Buffer.from([0x03, 0xe8, 0xff, 0xfe]))],
  'a length that is announced alone': [1009, frame(FIN | TEXT, '', 513 * 1024)],
  'a length beyond all bounds': [1009, Buffer.concat([Buffer.of(FIN | TEXT, MASKED | 127), Buffer.alloc(8, 0xff)])],
  'a text that grows beyond the limit': [
    1009,
    Buffer.concat([frame(TEXT, 'x'.repeat(400_000)), frame(FIN | CONTINUATION, 'x'.repeat(200_000))]),
  ],
  'a text in tens of thousands of pieces': [
    1008,
    Buffer.concat([frame(TEXT, '{'), ...Array.from({ length: 20_000 }, () => frame(CONTINUATION, ' '))]),
  ],
}

/** Writes after the upgrade, and answers all that the server wrote until it ended the connection. */
async function talk(server: TestServer, { tls }: User, bytes: Buffer): Promise<Buffer> {
  const { hostname, port } = new URL(server.hubUrl)
  const socket = connectTls({ host: hostname, port: Number(port), servername: 'localhost', ...tls })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(UPGRADE)
  socket.write(bytes)
  await closed
  return Buffer.concat(chunks)
}

/** The code in the last frame, if that is a close frame with a code and no more. */
function closeCodeOf(answer: Buffer): number | null {
  const at = answer.lastIndexOf(Buffer.of(FIN | CLOSE))
  return at >= 0 && answer.length >= at + 4 ? answer.readUInt16BE(at + 2) : null
}

t.test('bytes that are no frames end their connection alone', { timeout: 60_000 }, async (t) => {
  const server = await startServer(t)
  const { mallory, alice } = await registerUsers(server, 'mallory', 'alice')
  const other = await connect(t, server, alice)
  for (const [what, [code, bytes]] of Object.entries(CASES)) {
    const answer = await talk(server, mallory, bytes)
    t.match(answer.subarray(0, 12).toString(), /^HTTP\/1.1 101/, what)
    t.equal(closeCodeOf(answer), code, what)
    t.match(await other.call('whoami'), { identity: { username: 'alice' } }, 'others are served')
  }
})

t.test('pings of someone who reads nothing are not answered without end', { timeout: 60_000 }, async (t) => {
  const server = await startServer(t)
  const { mallory, alice } = await registerUsers(server, 'mallory', 'alice')
  const { hostname, port } = new URL(server.hubUrl)
  const socket = connectTls({ host: hostname, port: Number(port), servername: 'localhost', ...mallory.tls })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  socket.pause()
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(UPGRADE)
  const pings = Buffer.concat(Array.from({ length: 10_000 }, () => frame(FIN | PING, 'x'.repeat(125))))
  const flood = setInterval(() => {
    if (socket.writable && socket.writableLength < pings.length) socket.write(pings)
  }, 10)
  t.teardown(() => clearInterval(flood))
  await closed
  t.pass('the server ended the connection')
  t.equal((await alice.call('GET', '/me')).status, 200, 'others are served')
})
