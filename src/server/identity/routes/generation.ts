import { z } from 'zod'

/** Which one of its kind a CA is; the first has no number. */
export const Generation = z
  .string()
  .regex(/^([2-9]|[1-9]\d{1,3})$/, 'must be a number from 2 to 9999')
  .meta({ description: 'Which one it is: the second of its kind is 2.', example: '2' })
