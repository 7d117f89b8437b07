import { Switch } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

const KEPT = 'keeper.sound'; // no secret: whether this browser makes a sound

const isOn = () => localStorage.getItem(KEPT) === 'on';

// chime tells of money by a short tone, where that was asked for, and by a tremble on a phone. A browser allows neither before a person has
// touched the page.
export function chime() {
  if (!navigator.userActivation?.hasBeenActive) return;
  navigator.vibrate?.([60, 40, 60]);
  if (isOn()) tone();
}

function tone() {
  const context = new AudioContext();
  const volume = context.createGain();
  volume.connect(context.destination);
  volume.gain.setValueAtTime(0.15, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.5);
  for (const [after, pitch] of [[0, 880], [0.12, 1320]] as const) {
    const note = context.createOscillator();
    note.frequency.value = pitch;
    note.connect(volume);
    note.start(context.currentTime + after);
    note.stop(context.currentTime + 0.5);
  }
  setTimeout(() => void context.close(), 1_000);
}

// Sound turns the tone on, and lets it be heard at once, or off.
export function Sound() {
  const { t } = useTranslation();
  const [on, setOn] = useState(isOn);
  function set(next: boolean) {
    localStorage.setItem(KEPT, next ? 'on' : 'off');
    setOn(next);
    if (next) tone();
  }
  return <Switch label={t('sound')} checked={on} onChange={(e) => set(e.currentTarget.checked)} />;
}
