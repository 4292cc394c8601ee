import { z } from 'zod'

/** renewal.json: a renewal with a new key whose answer has not come yet; null for none. */
export const PendingRenewal = z.object({ csr: z.string(), encryptedPrivateKey: z.string(), key: z.string() })
export type PendingRenewal = z.infer<typeof PendingRenewal>
