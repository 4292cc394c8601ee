import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { InvitedEvent } from '../../wire/events.js'
import { AcceptParams, InviteParams, InviteResult } from '../../wire/operations.js'
import { jsonFile, privateFolder } from '../state/files.js'

/** An invitation to this user; `accepted` is what was sent, or is about to be. */
const ReceivedRecord = z.object({
  kind: z.literal('received'),
  event: InvitedEvent,
  accepted: AcceptParams.optional(),
})
export type ReceivedRecord = z.infer<typeof ReceivedRecord>

/** An invitation of this device; without `answer` it may or may not have reached the hub. */
const SentRecord = z.object({
  kind: z.literal('sent'),
  params: InviteParams.required({ requestId: true }),
  autoConfirm: z.boolean(),
  answer: InviteResult.optional(),
})
export type SentRecord = z.infer<typeof SentRecord>

const Stored = z.union([ReceivedRecord, SentRecord])
type Stored = z.infer<typeof Stored>

const NAME = /^[0-9a-f-]{36}\.json$/
const nameOf = (record: Stored): string =>
  `${record.kind === 'sent' ? record.params.requestId : record.event.invitation}.json`

/** Open invitations from and to this device, each in a file of the folder `invitations`. */
export class InvitationFiles {
  readonly #folder: string

  constructor(directory: string) {
    this.#folder = join(directory, 'invitations')
  }

  /** Throws ClientError `directory_damaged`. */
  async recall(): Promise<readonly Stored[]> {
    await privateFolder(this.#folder)
    const names = (await readdir(this.#folder)).filter((name) => NAME.test(name))
    const records = await Promise.all(names.map((name) => jsonFile(this.#folder, name, Stored).read()))
    return records.filter((record) => record !== null)
  }

  write(record: Stored): Promise<void> {
    return jsonFile(this.#folder, nameOf(record), Stored).write(record)
  }

  remove(record: Stored): Promise<void> {
    return rm(join(this.#folder, nameOf(record)), { force: true })
  }
}
