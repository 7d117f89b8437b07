import { ActionIcon, Button, Group, Menu, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { CloseWalletDocument, RenameWalletDocument, SetDefaultWalletDocument, type WalletPartsFragment } from '../../gql/graphql';
import { money } from '../../text/text';
import { of, Problems, useAct } from '../../ui/act';
import { told } from '../../ui/amount-field';
import { Dialog } from '../../ui/dialog';
import { MoreIcon } from '../../ui/icons';
import { oneLine } from '../../ui/one-line';

type Props = { wallet: WalletPartsFragment; onChange: () => void };

// Acts are what one rarely does with a wallet.
export function Acts({ wallet, onChange }: Props) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<{ to: 'rename' | 'close' | 'failed' }>();
  const makeDefault = useAct(SetDefaultWalletDocument);
  const name = wallet.name || wallet.currency.name;
  const finish = () => {
    setAsked((now) => (now === asked ? undefined : now)); // a late answer closes nothing else
    onChange();
  };
  async function setDefault() {
    const { payload } = await makeDefault.run({ input: { walletNumber: wallet.number } });
    if (payload) onChange();
    else setAsked({ to: 'failed' });
  }
  const titles = { rename: t('renameWallet'), close: t('closeNamed', { name }), failed: t('makeDefault') };
  return (
    <>
      <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
        <Menu.Target><ActionIcon size={44} variant="default" loading={makeDefault.busy} aria-label={`${t('more')}: ${name}`}><MoreIcon /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setAsked({ to: 'rename' })}>{t('rename')}</Menu.Item>
          {!wallet.isDefault && <Menu.Item onClick={() => void setDefault()}>{t('makeDefault')}</Menu.Item>}
          <Menu.Item onClick={() => setAsked({ to: 'close' })}>{t('closeWallet')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={!!asked} onClose={() => setAsked(undefined)} title={asked && titles[asked.to]}>
        {asked?.to === 'rename' && <Rename wallet={wallet} onDone={finish} onCancel={() => setAsked(undefined)} />}
        {asked?.to === 'close' && <Close wallet={wallet} onDone={finish} onCancel={() => setAsked(undefined)} onRefused={onChange} />}
        {asked?.to === 'failed' && <Problems problems={makeDefault.problems} error={makeDefault.error} />}
      </Dialog>
    </>
  );
}

type AskedProps = { wallet: WalletPartsFragment; onDone: () => void; onCancel: () => void };

function Rename({ wallet, onDone, onCancel }: AskedProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(wallet.name);
  const rename = useAct(RenameWalletDocument);
  const wrong = of(rename.problems, 'name');
  return (
    <form onSubmit={async (e) => { e.preventDefault(); if ((await rename.run({ input: { walletNumber: wallet.number, name } })).payload) onDone(); }}>
      <Stack>
        <TextInput label={t('walletName')} value={name} maxLength={64} data-autofocus onChange={(e) => setName(oneLine(e.currentTarget.value))} error={told(wrong)} />
        <Problems problems={rename.problems.filter((p) => p.field?.at(-1) !== 'name')} error={rename.error} />
        <Group grow>
          <Button variant="default" onClick={onCancel}>{t('cancel')}</Button>
          <Button type="submit" loading={rename.busy}>{t('save')}</Button>
        </Group>
      </Stack>
    </form>
  );
}

// Close closes a wallet that is empty; one that is not is not asked about: it leads to where its money can go. What is refused may have got money meanwhile.
function Close({ wallet, onDone, onCancel, onRefused }: AskedProps & { onRefused: () => void }) {
  const { t } = useTranslation();
  const close = useAct(CloseWalletDocument);
  if (Number(wallet.balance.amount) > 0) {
    return (
      <Stack>
        <Text>{t('closeWalletFull', { amount: money(wallet.balance) })}</Text>
        <Group grow>
          <Button variant="default" onClick={onCancel}>{t('cancel')}</Button>
          <Button component={Link} to={`/send?from=${wallet.number}`}>{t('sendTheMoney')}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack>
      <Text>{t('closeWalletEmpty')}</Text>
      <Problems problems={close.problems} error={close.error} />
      <Group grow>
        <Button variant="default" onClick={onCancel} data-autofocus>{t('cancel')}</Button>
        <Button color="red" loading={close.busy} onClick={async () => ((await close.run({ input: { walletNumber: wallet.number } })).payload ? onDone : onRefused)()}>{t('closeWallet')}</Button>
      </Group>
    </Stack>
  );
}
