import { connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A way to a TCP port that can be shut: connections break, and new ones are refused. */
export interface Gate {
  /** The same URL by way of the gate. */
  readonly url: string
  shut(): Promise<void>
  open(): Promise<void>
  /** Keeps what is on its way, either way. */
  hold(): void
  /** Passes on what was kept, and keeps nothing more. */
  go(): void
}

export async function gateTo(t: Test, target: string): Promise<Gate> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const ways = new Map<Socket, Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    near.pipe(far).pipe(near)
    ways.set(far, near).set(near, far)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        ways.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
  })
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  await listen(0)
  const { port: near } = server.address() as { readonly port: number }
  const shut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  t.teardown(shut)
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(near)
  const hold = () => {
    for (const [from, to] of ways) from.unpipe(to)
  }
  const go = () => {
    for (const [from, to] of ways) from.pipe(to)
  }
  return { url: url.href, shut, open: () => listen(near), hold, go }
}
