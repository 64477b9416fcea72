/** Pictures that stand in the text itself. Those elsewhere are not fetched: nothing of the page asks anybody else. */
const inline = /^data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]/;

/** The logo of an entry, where it brings one along. */
export function Logo({ src }: { src: string }) {
  return inline.test(src) ? <img src={src} alt="" className="kmr-card-logo" /> : null;
}
