/** Custom properties named --belfry-… are the page's to set; --_… are what the component makes of them. */
export const css = `
:host {
  --_accent: var(--belfry-accent, #3b5bdb);
  --_accent-text: var(--belfry-accent-text, #364fc7);
  --_on-accent: var(--belfry-on-accent, #fff);
  --_badge: var(--belfry-badge, #d6293e);
  --_bg: var(--belfry-background, #fff);
  --_text: var(--belfry-text, #16181d);
  --_muted: var(--belfry-muted, #5b6270);
  --_line: var(--belfry-line, #e6e8ec);
  --_hover: var(--belfry-hover, #f4f5f8);
  --_unread: var(--belfry-unread, #f2f5ff);
  --_bone: #e9ebef;
  --_tint-l: 93%; --_tint-c: 40%; --_ink-l: 32%;
  --_shadow: var(--belfry-shadow, 0 12px 40px rgb(15 20 35 / .16), 0 2px 8px rgb(15 20 35 / .08));
  --_radius: var(--belfry-radius, 14px);
  --_width: var(--belfry-width, 400px);
  --_height: var(--belfry-height, 560px);
  --_font: var(--belfry-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif);
  color-scheme: light;
  display: inline-block;
  position: relative;
  font: 400 14px/1.45 var(--_font);
}
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { DARK } }
:host([theme="dark"]) { DARK }
:host([hidden]) { display: none; }
*, ::before, ::after { box-sizing: border-box; }
svg { display: block; inline-size: 20px; block-size: 20px; flex: none; }
button { font: inherit; color: inherit; background: none; border: 0; margin: 0; padding: 0; cursor: pointer; -webkit-tap-highlight-color: transparent; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }

.bell { position: relative; display: grid; place-items: center; inline-size: 44px; block-size: 44px; border-radius: 50%; color: var(--belfry-bell, var(--_text)); transition: background-color .12s; }
.bell:hover, .bell[aria-expanded="true"] { background: var(--_hover); }
.bell svg { inline-size: 24px; block-size: 24px; }
.badge { position: absolute; inset-block-start: 3px; inset-inline-start: calc(50% + 2px); padding: 0 5px; border: 2px solid var(--_bg); border-radius: 12px; box-sizing: content-box; min-inline-size: 9px; font-size: 11px; font-weight: 700; line-height: 16px; text-align: center; font-variant-numeric: tabular-nums; color: #fff; background: var(--_badge); pointer-events: none; }
.badge[hidden] { display: none; }
.badge.pop { animation: pop .3s cubic-bezier(.3, 1.6, .5, 1); }

.panel { position: fixed; inset: auto; margin: 0; padding: 0; border: 1px solid var(--_line); border-radius: var(--_radius); inline-size: min(var(--_width), calc(100vw - 24px)); max-block-size: min(var(--_height), var(--_room, 80vh)); overflow: hidden; background: var(--_bg); color: var(--_text); box-shadow: var(--_shadow); font: 400 14px/1.45 var(--_font); text-align: start; z-index: 2147483000; }
.panel:not(.open) { display: none; }
.panel.open { display: flex; flex-direction: column; animation: rise .16s ease-out; }
.panel:focus-visible { outline: none; }

.head { display: flex; align-items: center; gap: 4px; padding: 10px 8px 10px 18px; border-block-end: 1px solid var(--_line); }
.rtl .head { padding: 10px 18px 10px 8px; }
h2 { flex: 1 0 auto; max-inline-size: 70%; margin: 0; font-size: 17px; font-weight: 650; letter-spacing: -.01em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tool { display: grid; place-items: center; inline-size: 36px; block-size: 36px; border-radius: 9px; color: var(--_muted); transition: background-color .12s, color .12s; }
.tool:hover { background: var(--_hover); color: var(--_text); }
.tool[disabled] { opacity: .4; cursor: default; background: none; }
.all { display: flex; align-items: center; inline-size: auto; gap: 6px; padding: 0 10px; font-size: 13px; font-weight: 550; color: var(--_accent-text); white-space: nowrap; }
.all:hover { color: var(--_accent-text); }
.all { min-inline-size: 36px; flex: 0 1 auto; }
.all span { min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; }
.all svg { inline-size: 18px; block-size: 18px; }

.banner { display: flex; align-items: center; gap: 10px; padding: 9px 18px; font-size: 13px; color: var(--_muted); background: var(--_hover); border-block-end: 1px solid var(--_line); }
.banner[hidden] { display: none; }
.banner svg { inline-size: 17px; block-size: 17px; }

.body { position: relative; flex: 1; min-block-size: 0; display: flex; flex-direction: column; }
.scroll { flex: 1; min-block-size: 0; display: flex; flex-direction: column; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; scrollbar-color: var(--_line) transparent; }
.row { position: relative; display: grid; grid-template-columns: 40px minmax(0, 1fr); gap: 0 12px; padding: 13px 18px 13px 22px; border-block-end: 1px solid var(--_line); cursor: pointer; transition: background-color .12s; }
.rtl .row { padding: 13px 22px 13px 18px; }
.row:hover { background: var(--_hover); }
.row:focus-visible { outline-offset: -3px; border-radius: 8px; }
.row.unread { background: var(--_unread); }
.row.unread:hover { background: color-mix(in srgb, var(--_unread), var(--_accent) 6%); }
.row.new { animation: arrive .35s ease-out; }
.mark { position: absolute; inset-inline-start: 8px; inset-block-start: 29px; inline-size: 8px; block-size: 8px; border-radius: 50%; background: var(--_accent); }
.row:not(.unread) .mark { display: none; }
.face { display: grid; place-items: center; inline-size: 40px; block-size: 40px; border-radius: 50%; overflow: hidden; font-size: 15px; font-weight: 650; background: hsl(var(--_hue) var(--_tint-c) var(--_tint-l)); color: hsl(var(--_hue) 45% var(--_ink-l)); }
.face img { inline-size: 100%; block-size: 100%; object-fit: cover; }
.title { font-weight: 450; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.title, .text { unicode-bidi: plaintext; text-align: left; }
.rtl :is(.title, .text) { text-align: right; }
.unread .title { font-weight: 650; }
.text { color: var(--_muted); overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.meta { display: flex; align-items: center; gap: 8px; margin-block-start: 3px; font-size: 12.5px; color: var(--_muted); }
.chip { padding: 0 7px; border-radius: 6px; font-size: 11.5px; font-weight: 600; line-height: 18px; color: var(--_chip-text, #a31d2f); background: var(--_chip, #fdecee); }
.actions { position: absolute; inset-block-start: 9px; inset-inline-end: 10px; display: flex; gap: 2px; padding: 2px; border-radius: 10px; background: var(--_bg); border: 1px solid var(--_line); box-shadow: 0 2px 8px rgb(15 20 35 / .08); opacity: 0; pointer-events: none; transition: opacity .12s; }
.row:hover .actions, .row:focus-within .actions { opacity: 1; pointer-events: auto; }
.actions .tool { inline-size: 30px; block-size: 30px; border-radius: 8px; }
.actions svg { inline-size: 17px; block-size: 17px; }
@media (hover: none) {
  .row { grid-template-columns: 40px minmax(0, 1fr) 44px; }
  .actions { position: static; grid-column: 3; grid-row: 1; padding: 0; border: 0; box-shadow: none; background: none; opacity: 1; pointer-events: auto; }
  .actions .tool { inline-size: 44px; block-size: 44px; }
  .actions .toggle { display: none; }
}

.bone { background: var(--_bone); border-radius: 7px; animation: pulse 1.4s ease-in-out infinite; }
.bones { pointer-events: none; }
.bones .bone.face { border-radius: 50%; }
.bones .line { block-size: 12px; margin-block: 4px 8px; }
.state { flex: 1; display: grid; align-content: center; justify-items: center; gap: 4px; min-block-size: 280px; padding: 32px 36px 44px; text-align: center; }
.state .picture { display: grid; place-items: center; inline-size: 72px; block-size: 72px; margin-block-end: 14px; border-radius: 50%; background: var(--_hover); color: var(--_muted); }
.state .picture svg { inline-size: 32px; block-size: 32px; stroke-width: 1.5; }
.state strong { font-size: 15.5px; font-weight: 650; }
.state span { color: var(--_muted); }
.state .button { margin-block-start: 16px; }
.button { padding: 8px 16px; border: 1px solid var(--_line); border-radius: 9px; font-weight: 600; transition: background-color .12s; }
.button:hover { background: var(--_hover); }
.stand { flex: 1; display: grid; }
.stand:empty { display: none; }
.foot { padding: 16px 18px 20px; text-align: center; font-size: 12.5px; color: var(--_muted); }
.spinner { display: inline-block; inline-size: 20px; block-size: 20px; border: 2px solid var(--_line); border-block-start-color: var(--_accent); border-radius: 50%; animation: spin .8s linear infinite; }
.pill { position: absolute; inset-block-start: 10px; inset-inline: 0; margin-inline: auto; inline-size: fit-content; display: flex; align-items: center; gap: 6px; padding: 7px 14px 7px 10px; border-radius: 20px; font-size: 13px; font-weight: 600; color: var(--_on-accent); background: var(--_accent); box-shadow: 0 4px 16px rgb(15 20 35 / .25); z-index: 1; animation: rise .16s ease-out; }
.pill svg { inline-size: 16px; block-size: 16px; }
.pill[hidden] { display: none; }
.quiet { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

@media (max-width: 480px) {
  .panel { inset: 0; inline-size: 100vw; max-inline-size: none; block-size: 100dvh; max-block-size: none; border: 0; border-radius: 0; }
  .tool { inline-size: 44px; block-size: 44px; }
  .all { inline-size: auto; }
}
@keyframes rise { from { opacity: 0; transform: translateY(-6px); } }
@keyframes arrive { from { opacity: 0; transform: translateY(-12px); } }
@keyframes pop { from { transform: scale(.5); } }
@keyframes pulse { 50% { opacity: .5; } }
@keyframes spin { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; } }
@media (forced-colors: active) { .badge, .mark, .pill { forced-color-adjust: none; } .panel, .face { border: 1px solid CanvasText; } }
`.replaceAll('DARK', `
  --_accent: var(--belfry-accent, #7c93ff);
  --_accent-text: var(--belfry-accent-text, #a9b8ff);
  --_on-accent: var(--belfry-on-accent, #10131c);
  --_badge: var(--belfry-badge, #d6293e);
  --_bg: var(--belfry-background, #191b21);
  --_text: var(--belfry-text, #eceef2);
  --_muted: var(--belfry-muted, #a2a9b8);
  --_line: var(--belfry-line, #2c303a);
  --_hover: var(--belfry-hover, #22252d);
  --_unread: var(--belfry-unread, #1f2434);
  --_bone: #2a2e38;
  --_tint-l: 24%; --_tint-c: 32%; --_ink-l: 82%;
  --_chip: #43202a; --_chip-text: #ffb3bd;
  --_shadow: var(--belfry-shadow, 0 16px 48px rgb(0 0 0 / .5), 0 2px 8px rgb(0 0 0 / .4));
  color-scheme: dark;`);

let sheet: CSSStyleSheet | undefined;

/** One sheet for all components of a page; a style element where sheets cannot be shared. */
export function adoptStyles(root: ShadowRoot): void {
  try {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
    }

    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.textContent = css;
    root.prepend(style);
  }
}
