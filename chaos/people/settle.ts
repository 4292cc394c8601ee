import { setTimeout as pause } from 'node:timers/promises'
import type { ResultOf } from '../../src/client/methods.js'
import { now } from '../now.js'
import { recover } from './account.js'
import { attempt } from './acts.js'
import type { Device } from './device.js'
import { sayAgain } from './messages.js'
import type { Person } from './person.js'
import { callByRest } from './rest.js'
import type { World } from './world.js'

/** When the faults have stopped everything has come to everybody within so long. */
const PATIENCE_MS = 60_000
const LOOK_MS = 250
/** An older connection ends when a newer one comes. */
const REPLACED_MS = 5000

/** Nothing breaks any more and nobody begins anything: everybody gets what he has to get, and says where he stands. */
export async function settle(world: World): Promise<void> {
  for (const { devices } of world.people) for (const { connection } of devices) connection?.terminate()
  await Promise.all(world.people.map(becomeUsable))
  const devices = world.present.flatMap((person) => person.devices)
  for (const device of devices) device.isEager = true
  await Promise.all(devices.map((device) => until(() => attempt(device, () => device.connect()))))
  await Promise.all(world.present.map(sendTheRest))
  await Promise.all(devices.map((device) => until(() => hasNothingLeft(device))))
  await Promise.all(devices.map(replaceConnection))
  await Promise.all(world.present.map(readAll))
  await Promise.all(devices.map((device) => until(() => hasNothingLeft(device))))
  for (const { recorder } of devices) recorder.write({ kind: 'settled', t: now() })
  for (const { connection } of devices) connection?.close()
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = now() + PATIENCE_MS
  while (!(await isDone()) && now() < deadline) await pause(LOOK_MS)
}

/** Whoever lost his certificate recovers; whoever was deleted finds out. */
async function becomeUsable(person: Person): Promise<void> {
  const [device] = person.devices
  if (!device || person.isGone) return
  await until(async () => {
    const isAdmitted = !person.needsRecovery && (await attempt(device, () => callByRest(device, 'whoami', {})))
    return isAdmitted || (await attempt(device, recover)) || person.isGone
  })
}

/** Messages of which nobody knows whether they are stored are sent until they are, or are refused. */
async function sendTheRest({ devices, unanswered }: Person): Promise<void> {
  const [device] = devices
  if (device)
    await until(async () => unanswered.length === 0 || ((await attempt(device, sayAgain)) && unanswered.length === 0))
}

async function hasNothingLeft(device: Device): Promise<boolean> {
  const { connection } = device
  device.acknowledge()
  if (!connection?.isOpen) return (await attempt(device, () => device.connect())) && false
  let isAtEnd = true
  const isListed = await attempt(device, async () => {
    for (let after: { after?: string } | null = {}; after; ) {
      const page: ResultOf<'conversations'> = await connection.call('conversations', after)
      isAtEnd &&= page.conversations.every(isRead)
      after = page.more ? { after: page.conversations.at(-1)?.conversation ?? '' } : null
    }
  })
  return isListed && isAtEnd
}

/** An invitation has no cursor. */
function isRead({ status, ackedSeq, lastSeq }: ResultOf<'conversations'>['conversations'][number]): boolean {
  return status === 'invited' || ackedSeq >= lastSeq
}

/** Connects beside the live connection, which has to end. */
async function replaceConnection(device: Device): Promise<void> {
  const before = device.connection
  await until(() => attempt(device, () => device.connect()))
  await Promise.race([before?.closed, pause(REPLACED_MS)])
}

/** One device of each reads every conversation from its beginning. */
async function readAll({ devices, rooms }: Person): Promise<void> {
  const [device] = devices
  if (!device) return
  for (const conversation of rooms.keys()) {
    let after = 0
    await until(() =>
      attempt(device, async () => {
        for (let more = true; more; ) {
          const page = await callByRest(device, 'history', { conversation, after, limit: 500 })
          after = page.events.at(-1)?.seq ?? after
          more = page.more
        }
      }),
    )
  }
}
