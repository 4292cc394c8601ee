import type { z } from 'zod'

/** What a text of JSON says, where it has the form; else null: it comes of somebody else. */
export function parsed<T>(form: z.ZodType<T>, text: string): T | null {
  try {
    return form.parse(JSON.parse(text))
  } catch {
    return null
  }
}
