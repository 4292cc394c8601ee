import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Pin } from '../../src/client/certificates.js'
import type { DeviceEntry, RunEntry } from './entry.js'
import { HistoryFile } from './file.js'
import type { DeviceHistory, History } from './history.js'

const RUN = 'run.ndjson'
/** In no name of a user or of a device. */
const BETWEEN = '~'

/** The folder of a run: a file for each device, and one for what belongs to none. */
export class HistoryDirectory {
  readonly #path: string
  readonly #files: HistoryFile[] = []
  readonly run: HistoryFile

  constructor(path: string) {
    this.#path = path
    this.run = this.#open(RUN)
  }

  device(username: string, device: string): HistoryFile {
    return this.#open(`${username}${BETWEEN}${device}.ndjson`)
  }

  close(): void {
    for (const file of this.#files) file.close()
  }

  #open(name: string): HistoryFile {
    const file = new HistoryFile(join(this.#path, name))
    this.#files.push(file)
    return file
  }
}

export async function readHistory(path: string, pin: Pin): Promise<History> {
  const events = new Map<string, unknown>()
  const devices: DeviceHistory[] = []
  for (const name of (await readdir(path)).sort()) {
    const [username = '', device = ''] = name.replace('.ndjson', '').split(BETWEEN)
    if (name !== RUN)
      devices.push({ username, device, entries: await readEntries<DeviceEntry>(join(path, name), events) })
  }
  return { pin, devices, run: await readEntries<RunEntry>(join(path, RUN), events) }
}

/** Of what many saw there is one copy in memory. */
async function readEntries<E>(path: string, events: Map<string, unknown>): Promise<readonly E[]> {
  const share = (name: string, value: unknown) => {
    if (name === 'event') return shared(events, value)
    return name === 'events' && Array.isArray(value) ? value.map((event) => shared(events, event)) : value
  }
  const entries: E[] = []
  for await (const line of createInterface({ input: createReadStream(path) }))
    entries.push(JSON.parse(line, share) as E)
  return entries
}

function shared(events: Map<string, unknown>, event: unknown): unknown {
  const text = JSON.stringify(event)
  const known = events.get(text)
  if (known !== undefined) return known
  events.set(text, event)
  return event
}
