/** Something that must hold, and what was found. */
export interface Rule {
  readonly rule: string;
  readonly measured: string;
  readonly met: boolean;
}
