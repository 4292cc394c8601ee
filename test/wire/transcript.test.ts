import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import {
  type AcceptTranscript,
  attachmentDigest,
  buildAcceptTranscript,
  buildConfirmTranscript,
  type ConfirmTranscript,
  rosterDigest,
} from '../../src/wire/transcript.js'

interface Vectors {
  rosters: { members: { username: string; fingerprint: string }[]; roster: string }[]
  cases: { name: string; valid: boolean; context: string; fields: Record<string, string>; transcript: string }[]
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/invitation-v1.json', import.meta.url), 'utf8')) as Vectors

function fieldsOf(labels: Record<string, string>): ConfirmTranscript {
  const camel = (label: string) => label.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [camel(label), value]),
  ) as unknown as ConfirmTranscript
}

const confirmCase = vectors.cases.find(({ valid, context }) => valid && context === 'confirm')
if (confirmCase === undefined) throw new Error('the vectors hold no valid confirm')
const fields = fieldsOf(confirmCase.fields)

t.test('rosters have the digest of the vectors, in any order', async (t) => {
  t.equal(vectors.rosters.length, 6)
  for (const { members, roster } of vectors.rosters) {
    t.equal(rosterDigest(members), roster)
    t.equal(rosterDigest([...members].reverse()), roster)
  }
  t.throws(() => rosterDigest([{ username: 'a\nb', fingerprint: fields.hub }]), /username/)
  t.throws(() => rosterDigest([{ username: 'a', fingerprint: 'sha256:00' }]), /fingerprint/)
})

t.test('valid cases build the transcript that was signed', async (t) => {
  for (const vector of vectors.cases.filter(({ valid }) => valid)) {
    const build = vector.context === 'accept' ? buildAcceptTranscript : buildConfirmTranscript
    t.equal(build(fieldsOf(vector.fields)), vector.transcript, vector.name)
  }
})

t.test('a field that is not of its form is named and nothing is built', async (t) => {
  const bad: Record<keyof ConfirmTranscript, string> = {
    hub: '-',
    conversation: fields.conversation.toUpperCase(),
    invitation: 'eccabf7c',
    expires: '2030-01-02T03:04:05.000Z',
    inviter: 'Bob',
    inviterCertificate: `${fields.inviterCertificate}\n`,
    inviterChallenge: 'AAAA',
    invitee: 'alice\nroster=-',
    inviteeCertificate: '-',
    inviteeChallenge: `${fields.inviteeChallenge}=`,
    roster: '-',
    inviterAttachment: '',
    inviteeAttachment: 'sha256:',
    confirmationRoster: '-',
    confirmationAttachment: ' -',
    commitAttachment: '--',
  }
  for (const [field, value] of Object.entries(bad))
    t.throws(
      () => buildConfirmTranscript({ ...fields, [field]: value }),
      new RegExp(`^${field} of the transcript`),
      field,
    )
  t.throws(() => buildConfirmTranscript({ ...fields, expires: '2030-13-41T03:04:05Z' }), /expires/)
  const { hub: _, ...withoutHub } = fields
  t.throws(() => buildAcceptTranscript(withoutHub as unknown as AcceptTranscript), /hub/)
})

t.test('whatever strings come in, T has its lines or is not built', async () => {
  const anything = fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, fc.oneof(fc.constant(value), fc.string())]),
    ),
  )
  fc.assert(
    fc.property(anything, (record) => {
      try {
        return buildConfirmTranscript(record as unknown as ConfirmTranscript).split('\n').length === 18
      } catch (error) {
        return error instanceof Error && / of the transcript /.test(error.message)
      }
    }),
  )
})

t.test('digests of attachments', async (t) => {
  t.equal(attachmentDigest(undefined), '-')
  t.equal(attachmentDigest(null), '-')
  t.equal(attachmentDigest('YWJj'), 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  t.equal(attachmentDigest('YWI'), 'sha256:fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603')
  for (const text of ['', 'YWJj=', 'YW+j', 'YWJ', 'YQ==', 'é'])
    t.throws(() => attachmentDigest(text), /base64url/, text)
})
