const GAP = 8;
const MARGIN = 12;

/**
 * Puts the panel beside its bell: below it, or above where there is more room, and never beyond the window. Small screens have it
 * fill the window, by the style sheet.
 */
export function placePanel(panel: HTMLElement, bell: HTMLElement, isStart: boolean, isRtl: boolean): void {
  const { style } = panel;
  for (const name of ['left', 'top', 'bottom', '--_room']) style.removeProperty(name);
  if (matchMedia('(max-width: 480px)').matches) return;

  const at = bell.getBoundingClientRect();
  const below = innerHeight - at.bottom - GAP - MARGIN;
  const above = at.top - GAP - MARGIN;
  const isBelow = below >= 360 || below >= above;
  style.setProperty('--_room', `${Math.max(isBelow ? below : above, 200)}px`);
  style.setProperty(isBelow ? 'top' : 'bottom', `${isBelow ? at.bottom + GAP : innerHeight - at.top + GAP}px`);
  const width = panel.offsetWidth;
  const left = isStart === isRtl ? at.right - width : at.left;
  const bound = document.documentElement.clientWidth - width - MARGIN;
  style.setProperty('left', `${Math.max(MARGIN, Math.min(left, bound))}px`);
}

/** Into the top layer, where no ancestor can clip it; without popovers it stays where it stands, fixed. */
export function setShown(panel: HTMLElement, isShown: boolean): void {
  panel.classList.toggle('open', isShown);
  if (typeof panel.showPopover !== 'function' || !panel.isConnected) return;
  if (panel.matches(':popover-open') === isShown) return;
  if (isShown) panel.showPopover();
  else panel.hidePopover();
}

/** Keeps Tab inside: the page behind is out of reach until the panel is closed. */
export function keepFocus(event: KeyboardEvent, panel: HTMLElement): void {
  const stops = [...panel.querySelectorAll<HTMLElement>('button, a[href], input, [tabindex]')].filter(
    (element) => element.tabIndex >= 0 && element !== panel && !element.matches(':disabled') && element.getClientRects().length > 0,
  );
  const first = stops[0];
  const last = stops.at(-1);
  const focused = (panel.getRootNode() as ShadowRoot).activeElement;
  const isOutside = !focused || focused === panel;
  if (event.shiftKey ? isOutside || focused === first : focused === last) {
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }
}
