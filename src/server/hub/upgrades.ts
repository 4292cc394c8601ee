import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { closeConnection } from '../http/close-connection.js'
import { inTurn } from '../http/request-order.js'

/** A peer that has not ended by then is cut off. */
const FAREWELL_MS = 2000

/**
 * Ends the sockets of upgrades. Node lets go of a socket when it emits `upgrade`: from then on no timeout ends it
 * and no shutdown does. So an upgrade that is refused closes its connection, one that comes before earlier requests
 * are answered closes it behind their answers, and none outlives the server. To be called before @fastify/websocket
 * is registered.
 */
export function endUpgrades(app: FastifyInstance): void {
  const sockets = new Map<IncomingMessage, Duplex>()
  app.server.prependListener('upgrade', (request: IncomingMessage, socket: Duplex) => {
    sockets.set(request, socket)
    socket.once('close', () => sockets.delete(request))
    endBehindEarlier(socket)
  })
  app.addHook('onSend', async ({ raw }, reply) => {
    if (sockets.has(raw)) closeConnection(reply)
  })
  app.addHook('onResponse', async ({ raw }) => {
    const socket = sockets.get(raw)
    if (socket) end(socket)
  })
  // Connections have had their farewell by now.
  app.addHook('onClose', async () => {
    for (const socket of sockets.values()) socket.destroy()
  })
}

/** Nobody takes an upgrade whose socket still waits for an answer. */
function endBehindEarlier(socket: Duplex): void {
  let isBehind = false
  inTurn(socket, () => {
    if (isBehind) end(socket)
  })
  isBehind = true
}

function end(socket: Duplex): void {
  socket.end(() => socket.destroy())
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref()
}
