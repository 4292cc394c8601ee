import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { connect } from '../support/hub-client.js'
import { startServer } from '../support/server.js'
import { registerUsers } from '../support/user.js'

const OPCODE_CLOSE = 0x8
const OPCODE_PING = 0x9

/** Whole unmasked frames of a server, each shorter than 64 KiB: opcode and payload. */
function* frames(bytes: Buffer): Generator<readonly [opcode: number, payload: Buffer]> {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes.readUInt8(at + 1)
    const start = at + (short === 126 ? 4 : 2)
    if (start > bytes.length) return
    const end = start + (short === 126 ? bytes.readUInt16BE(at + 2) : short)
    if (end > bytes.length) return
    yield [bytes.readUInt8(at) & 0x0f, bytes.subarray(start, end)]
    at = end
  }
}

t.test('a client that never answers a ping is closed with 4408; one that does stays', async (t) => {
  const server = await startServer(t, { HERMES_HEARTBEAT_SECONDS: '2' })
  const { alice, bob } = await registerUsers(server, 'alice', 'bob')
  const answering = await connect(t, server, bob)

  const { port } = new URL(server.hubUrl)
  const socket = connectTls({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ...alice.tls })
  t.teardown(() => socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = once(socket, 'close')
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='
  socket.write(['GET /hub HTTP/1.1', 'Host: localhost', ...upgrade, key, '\r\n'].join('\r\n'))
  await closed

  const all = Buffer.concat(chunks)
  const headEnd = all.indexOf('\r\n\r\n')
  t.match(all.subarray(0, headEnd).toString(), /^HTTP\/1\.1 101 /)
  const received = [...frames(all.subarray(headEnd + 4))]
  t.ok(received.some(([opcode]) => opcode === OPCODE_PING))
  const close = received.find(([opcode]) => opcode === OPCODE_CLOSE)
  t.equal(close?.[1].readUInt16BE(0), 4408)
  t.equal(answering.closed, null)
  t.match(await answering.call('whoami'), { device: 'default' })
  t.match(await answering.notification('hello'), { heartbeatSeconds: 2 })
})
