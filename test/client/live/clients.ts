import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { formatIdentityFile } from '../../../src/client/credentials.js'
import { type Conversation, HermesClient, type ReadEvent } from '../../../src/client/index.js'
import { temporaryFolder } from '../../support/serve-process.js'
import type { TestServer } from '../../support/server.js'
import { registerUser, type User } from '../../support/user.js'

/** A client of the SDK, and where it keeps what it remembers. */
export interface TestClient {
  readonly client: HermesClient
  readonly directory: string
  readonly user: User
}

/** Registers a user, and opens a client of his without the cost of locking a key. `hubUrl`: another way to the hub. */
export async function clientOf(
  t: Test,
  server: TestServer,
  username: string,
  { hubUrl, password }: { readonly hubUrl?: string; readonly password?: string } = {},
): Promise<TestClient> {
  const user = await registerUser(server, username, 'P-256', password)
  return deviceOf(t, server, user, hubUrl)
}

/** One more device of a user. */
export async function deviceOf(t: Test, server: TestServer, user: User, hubUrl?: string): Promise<TestClient> {
  const directory = join(await temporaryFolder(t), 'state')
  const { identityUrl: url, rootFingerprint } = server
  await (await HermesClient.join({ directory, url, rootFingerprint })).close()
  const profile = JSON.parse(await readFile(join(directory, 'profile.json'), 'utf8')) as object
  const changed = { ...profile, username: user.username, ...(hubUrl && { hubUrl }) }
  await writeFile(join(directory, 'profile.json'), JSON.stringify(changed))
  const identity = formatIdentityFile({ certificate: user.certificate, key: user.keyPem })
  await writeFile(join(directory, 'identity.pem'), identity, { mode: 0o600 })
  return { ...(await reopen(t, directory)), user }
}

/** Opens what a client remembered. */
export async function reopen(t: Test, directory: string) {
  const client = await HermesClient.open({ directory })
  t.teardown(() => client.close())
  return { client, directory }
}

/** The first starts a conversation with the second, who accepts; as each sees it. */
export async function talkOf(first: TestClient, second: TestClient): Promise<[Conversation, Conversation]> {
  const theirs = acceptNext(second)
  const own = await first.client.start([second.user.username])
  const [sent] = own.invitations
  const [conversation] = await Promise.all([theirs, sent?.ended()])
  return [own, conversation]
}

export async function acceptNext({ client }: TestClient): Promise<Conversation> {
  const { value: invitation } = await client.invitations().next()
  if (!invitation) throw new Error('there is no invitation')
  await invitation.accept()
  return invitation.joined()
}

/** The payloads of the messages up to `last`, in the order of a loop over the events. */
export async function payloadsUpTo(conversation: Conversation, last: string, after?: number): Promise<string[]> {
  const payloads: string[] = []
  for await (const event of conversation.events(after === undefined ? {} : { after })) {
    if (event.type === 'message') payloads.push(event.payload)
    if (payloads.at(-1) === last) break
  }
  return payloads
}

/** Types of events. */
export const typesOf = (events: readonly ReadEvent[]): string[] => events.map(({ type }) => type)
