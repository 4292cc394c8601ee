import { z } from 'zod'
import { DeviceName, Fingerprint, Username } from '../../wire/formats.js'

/** profile.json: the server that was joined, and who this device is there. */
export const Profile = z.object({
  version: z.literal(1),
  /** URL of the identity listener. */
  identityUrl: z.string(),
  /** URL of the hub listener. */
  hubUrl: z.string(),
  rootFingerprint: Fingerprint,
  trustDomain: z.string(),
  /** Made once, so that this device keeps its place in conversations. */
  device: DeviceName,
  /** Absent until somebody registers or logs in. */
  username: Username.optional(),
})
export type Profile = z.infer<typeof Profile>
