/** What a person does. */
export interface Typist {
  line(text: string): void
  /** There will be no further line. */
  end(): void
  /** Ctrl-C. */
  interrupt(): void
}

/** Where a conversation is shown and typed. */
export interface Screen {
  readonly columns: number
  /** Whether `setFooter` shows anything. */
  readonly hasFooter: boolean
  /** Above the line that is being typed. The lines are neutralised. */
  print(lines: readonly string[]): void
  /** Between the conversation and the line that is being typed; replaces what was there. */
  setFooter(lines: readonly string[]): void
  /** Gives the terminal back as it was. */
  close(): void
}
