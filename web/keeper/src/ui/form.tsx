import '../text/account';
import { Alert, Button, List, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import type { CombinedError } from 'urql';
import { OwnDocument, type OwnPartsFragment, type ProblemFragment } from '../gql/graphql';
import { Problems } from './act';
import { Back } from './back';
import { useLiveQuery } from './live-query';
import { Page, Waiting } from './parts';

const origins = ['security', 'history', 'contacts'] as const;

// SubPage is a screen behind the settings, with the way back to them, or to where a link has said that one comes from.
export function SubPage({ title, children }: { title: string; children: ReactNode }) {
  const { state } = useLocation();
  const back = origins.find((origin) => origin === (state as { from?: string } | null)?.from) ?? 'settings';
  return (
    <div className="narrow">
      <Back to={back} />
      <Page title={title}>{children}</Page>
    </div>
  );
}

// OwnPage is a screen about the person, shown once it is known what there is.
export function OwnPage({ title, titleOf, children }: { title: string; titleOf?: (own: OwnPartsFragment) => string; children: (own: OwnPartsFragment, again: () => void) => ReactNode }) {
  const [{ data, error }, again] = useLiveQuery(OwnDocument, {});
  const own = data?.viewer;
  return <SubPage title={(own && titleOf?.(own)) ?? title}>{own ? children(own, again) : error ? <Problems error={error} retry={again} /> : <Waiting rows={3} />}</SubPage>;
}

// Follows says what an act leads to, before it is done.
export function Follows({ items }: { items: string[] }) {
  const { t } = useTranslation();
  return (
    <div className="follows">
      <Text size="sm" fw={600} mb={4}>{t('follows')}</Text>
      <List size="sm" spacing={4}>{items.map((text) => <List.Item key={text}>{text}</List.Item>)}</List>
    </div>
  );
}

// Told says that something is done, and takes the focus there from the button that is gone.
export function Told({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return <Alert ref={box} tabIndex={-1} color="teal" variant="light" role="status">{children}</Alert>;
}

// Finished stands in place of a form whose work is done, with the way back.
export function Finished({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <Told>{children}</Told>
      <Button component={Link} to="/settings" variant="default">{t('done')}</Button>
    </>
  );
}

export type Field = { name: string; label: string; type?: 'text' | 'date' | 'email' | 'tel' | 'password'; complete?: string; hint?: string; optional?: boolean };

// useTyped holds what is typed into fields by name.
export function useTyped(initial: Record<string, string> = {}) {
  const [typed, setTyped] = useState(initial);
  return { value: (name: string) => typed[name] ?? '', set: (name: string, text: string) => setTyped((was) => ({ ...was, [name]: text })), clear: () => setTyped({}) };
}

export const passwordField = (label: string): Field => ({ name: 'currentPassword', label, type: 'password', complete: 'current-password' });

type FormProps = {
  fields: Field[]; typed: ReturnType<typeof useTyped>; problems: ProblemFragment[]; error?: CombinedError; busy: boolean; submit: string;
  onSubmit: () => void; children?: ReactNode; besides?: string[]; before?: ReactNode; disabled?: boolean; color?: string; variant?: 'filled' | 'default';
};

// A refusal of what was typed as the password names no field.
const fieldOf = (p: ProblemFragment) => p.field?.at(-1) ?? (p.code === 'CREDENTIALS_REJECTED' ? 'currentPassword' : '');

// FieldsForm asks for some fields and shows each refusal at its field; `besides` are fields that the children show, or what stands `before` all.
export function FieldsForm({ fields, typed, problems, error, busy, submit, onSubmit, children, besides = [], before, disabled, color, variant }: FormProps) {
  const shown = [...fields.map((f) => f.name), ...besides];
  return (
    <form onSubmit={(e) => { e.preventDefault(); onSubmit(); }}>
      <Stack>
        {before}
        {fields.map((f) => {
          const common = { label: f.label, name: f.name, description: f.hint, required: !f.optional, autoComplete: f.complete ?? 'off', maxLength: 200, value: typed.value(f.name), error: problems.find((p) => fieldOf(p) === f.name)?.message };
          return f.type === 'password'
            ? <PasswordInput key={f.name} {...common} aria-invalid={!!common.error} onChange={(e) => typed.set(f.name, e.currentTarget.value)} />
            : <TextInput key={f.name} {...common} type={f.type ?? 'text'} onChange={(e) => typed.set(f.name, e.currentTarget.value)} />;
        })}
        {children}
        <Problems problems={problems.filter((p) => !shown.includes(fieldOf(p)))} error={error} />
        <Button type="submit" loading={busy} disabled={disabled} color={color} variant={variant}>{submit}</Button>
      </Stack>
    </form>
  );
}
