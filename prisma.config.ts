import { defineConfig } from 'prisma/config'

// `generate` never runs the schema engine, yet wants to download it, which a machine without internet cannot.
if (process.argv.includes('generate')) process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath

export default defineConfig({ schema: 'prisma/schema.prisma' })
