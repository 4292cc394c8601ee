import { statfs } from 'node:fs/promises'
import type { Server } from 'node:net'
import type { Occupancy } from '../../hub/delivery/occupancy.js'
import type { Ready } from '../identity/routes/health.js'
import type { Exposition } from './exposition.js'

/** What is so at the moment of asking. */
export interface State {
  readonly occupancy: () => Occupancy
  readonly passwordsWaiting: () => number
  /** Rejects when the server should get no requests. */
  readonly ready: Ready
  /** Whether other nodes are not heard now. */
  readonly isBusAway: () => boolean
  /** How far the clock is ahead of what is believed, in milliseconds. */
  readonly clockAheadMs: () => number
  readonly listeners: Readonly<Record<string, Server>>
  /** Bytes of the database, by what holds them. */
  readonly databaseSize: () => Promise<Readonly<Record<string, number>>>
  /** The folder of the database; null where it is on another machine, or may be. */
  readonly databaseFolder: string | null
  /** When certificates end. */
  readonly ends: () => Readonly<Record<string, Date>>
  /** When the root's CRL is followed by the next; null where there is none. */
  readonly rootCrl: () => Date | null
}

export function exposeState(exposition: Exposition, state: State): void {
  exposeConnections(exposition, state)
  exposeDatabase(exposition, state)
  exposition.gauge({ name: 'hermes_password_queue_depth', help: 'Passwords that wait for a thread now.' }, () => [
    [[], state.passwordsWaiting()],
  ])
  exposition.gauge(
    { name: 'hermes_ready', help: '1 while the server can do its work, as /health/ready tells; else 0.' },
    async () => [
      [
        [],
        await state.ready().then(
          () => 1,
          () => 0,
        ),
      ],
    ],
  )
  exposition.gauge(
    { name: 'hermes_bus_up', help: '1 while other nodes, where there are any, can be heard; else 0.' },
    () => [[[], state.isBusAway() ? 0 : 1]],
  )
  exposition.gauge(
    {
      name: 'hermes_clock_ahead_seconds',
      help: 'How far the clock is ahead of the time that is believed, by which messages and accounts are removed.',
    },
    () => [[[], state.clockAheadMs() / 1000]],
  )
  exposition.gauge(
    {
      name: 'hermes_certificate_not_after_timestamp_seconds',
      help: 'When a certificate of the listeners, the root, or the newest CA of a kind ends.',
      labels: ['certificate'],
    },
    () => Object.entries(state.ends()).map(([name, end]) => [[name], end.getTime() / 1000]),
  )
  exposition.gauge(
    {
      name: 'hermes_root_crl_next_update_timestamp_seconds',
      help: 'When the CRL of the root is followed by the next, which somebody with its key must make.',
    },
    () => {
      const nextUpdate = state.rootCrl()
      return nextUpdate === null ? [] : [[[], nextUpdate.getTime() / 1000]]
    },
  )
}

function exposeConnections(exposition: Exposition, { occupancy, listeners }: State): void {
  exposition.gauge(
    {
      name: 'hermes_connections',
      help: 'WebSockets and long polls: opening, live, or held because their window is full.',
      labels: ['state'],
    },
    () => {
      const { opening, live, held } = occupancy()
      return Object.entries({ opening, live, held }).map(([name, count]) => [[name], count])
    },
  )
  exposition.gauge({ name: 'hermes_unacked_events', help: 'Events given to connections and not acknowledged.' }, () => [
    [[], occupancy().events],
  ])
  exposition.gauge({ name: 'hermes_unacked_bytes', help: 'Their bytes.' }, () => [[[], occupancy().bytes]])
  exposition.gauge(
    { name: 'hermes_buffered_bytes', help: 'Bytes written to WebSockets that their clients have not taken yet.' },
    () => [[[], occupancy().backlog]],
  )
  exposition.gauge({ name: 'hermes_open_sockets', help: 'TCP connections of a listener.', labels: ['listener'] }, () =>
    Promise.all(Object.entries(listeners).map(async ([name, server]) => [[name], await socketsOf(server)] as const)),
  )
}

function socketsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

function exposeDatabase(exposition: Exposition, { databaseSize, databaseFolder }: State): void {
  exposition.gauge(
    {
      name: 'hermes_database_bytes',
      help: 'Size of the database: all of it but, on SQLite, the log of what is not in it yet.',
      labels: ['file'],
    },
    // While it cannot be asked there is no size, and the rest is told all the same.
    async () => Object.entries(await databaseSize().catch(() => ({}))).map(([file, bytes]) => [[file], bytes]),
  )
  if (databaseFolder === null) return
  exposition.gauge(
    { name: 'hermes_disk_free_bytes', help: 'Free bytes of the file system that has the database.' },
    async () => {
      const { bavail, bsize } = await statfs(databaseFolder)
      return [[[], bavail * bsize]]
    },
  )
}
