// The package has no types of its own; this is as much as benches and tests use.
declare module "mailparser" {
  export const simpleParser: (
    raw: Uint8Array
  ) => Promise<{ readonly subject?: string; readonly text?: string }>
}
