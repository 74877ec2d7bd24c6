package settlement

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// The platform's bank account, of which the sandbox makes up what goes on: at PortOne
// only payouts by its remittance service move money, and these are started in the
// console. Here every bulk payout is a bulk account transfer too, with a withdrawal
// for each payout, and a deposit before that fills the account up.
const (
	accountID     = "bank-account-sandbox"
	accountNumber = "10020030040050"
	accountBank   = portonev2.Bank_BANK_KOOKMIN
	accountHolder = "포트원 샌드박스"
)

// account is the platform's bank account in a mode, with the transfers from and to
// it as they were made.
type account struct {
	graphql   string
	transfers []*portonev2.PlatformAccountTransfer
	bulks     []*portonev2.PlatformBulkAccountTransfer
}

func newAccount(test bool) account {
	return account{graphql: world.GraphQLID("PlatformBankAccount", test, accountID)}
}

func (a *account) detail() *portonev2.PlatformBankAccountDetail {
	return &portonev2.PlatformBankAccountDetail{
		AccountNumber: world.Ptr(accountNumber),
		Bank:          accountBank.Enum(),
		Provider:      portonev2.PlatformBankAccountProvider_PLATFORM_BANK_ACCOUNT_PROVIDER_MOCK.Enum(),
		Holder:        world.Ptr(accountHolder),
	}
}

// send makes the bank transfers of a bulk payout, at a time of the caller's choice.
// Payouts of nothing need none.
func (a *account) send(m *mode, bulk *portonev2.PlatformBulkPayout, payouts []*portonev2.PlatformPayout, at time.Time) {
	total := bulk.GetTotalPayoutAmount()
	if total == 0 {
		return
	}
	a.deposit(m, payouts[0].GetCurrency(), total, at)
	batch := a.newBulk(m, total)
	balance := total
	for _, p := range payouts {
		if p.GetAmount() == 0 {
			continue
		}
		balance -= p.GetAmount()
		a.withdraw(m, batch, p, balance, at)
		*batch.Stats.Amount.Succeeded += p.GetAmount()
		*batch.Stats.Count.Succeeded++
	}
	a.bulks = append(a.bulks, batch)
}

func (a *account) deposit(m *mode, currency portonev2.Currency, amount int64, at time.Time) {
	now := m.world.Clock.Now()
	a.transfers = append(a.transfers, &portonev2.PlatformAccountTransfer{Type: &portonev2.PlatformAccountTransfer_Deposit{
		Deposit: &portonev2.PlatformDepositAccountTransfer{
			Id:                   world.Ptr(m.world.IDs.UUID("platform-account-transfer")),
			BankAccountId:        world.Ptr(accountID),
			BankAccountGraphqlId: world.Ptr(a.graphql),
			Currency:             currency.Enum(),
			Amount:               &amount,
			TradedAt:             timestamppb.New(at),
			CreatedAt:            timestamppb.New(now),
			UpdatedAt:            timestamppb.New(now),
			DepositorName:        world.Ptr(accountHolder),
			IsForTest:            world.Ptr(m.test),
			StatusUpdatedAt:      timestamppb.New(now),
			Status:               portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_SUCCEEDED.Enum(),
			BankAccount:          a.detail(),
		},
	}})
}

func (a *account) withdraw(m *mode, batch *portonev2.PlatformBulkAccountTransfer, p *portonev2.PlatformPayout, balance int64, at time.Time) {
	now := m.world.Clock.Now()
	a.transfers = append(a.transfers, &portonev2.PlatformAccountTransfer{Type: &portonev2.PlatformAccountTransfer_Withdrawal{
		Withdrawal: &portonev2.PlatformWithdrawalAccountTransfer{
			Id:                           world.Ptr(m.world.IDs.UUID("platform-account-transfer")),
			BankAccountId:                world.Ptr(accountID),
			BankAccountGraphqlId:         world.Ptr(a.graphql),
			SequenceNumber:               world.Ptr(int32(len(a.transfers) + 1)),
			Currency:                     p.GetCurrency().Enum(),
			DepositBank:                  p.GetAccount().GetBank().Enum(),
			DepositAccountNumber:         world.Ptr(p.GetAccount().GetNumber()),
			DepositAccountHolder:         world.Ptr(p.GetAccount().GetHolder()),
			Amount:                       world.Ptr(p.GetAmount()),
			WithdrawalMemo:               p.WithdrawalMemo,
			DepositMemo:                  p.DepositMemo,
			Balance:                      &balance,
			TradedAt:                     timestamppb.New(at),
			CreatedAt:                    timestamppb.New(now),
			UpdatedAt:                    timestamppb.New(now),
			IsForTest:                    world.Ptr(m.test),
			WithdrawalType:               portonev2.Type_TYPE_PARTNER_PAYOUT.Enum(),
			PartnerId:                    world.Ptr(p.GetPartner().GetId()),
			PartnerGraphqlId:             world.Ptr(p.GetPartner().GetGraphqlId()),
			BulkPayoutId:                 world.Ptr(p.GetBulkPayoutId()),
			BulkPayoutGraphqlId:          world.Ptr(p.GetBulkPayoutGraphqlId()),
			PayoutId:                     world.Ptr(p.GetId()),
			PayoutGraphqlId:              world.Ptr(p.GetGraphqlId()),
			BulkAccountTransferId:        world.Ptr(batch.GetId()),
			BulkAccountTransferGraphqlId: world.Ptr(batch.GetGraphqlId()),
			StatusUpdatedAt:              timestamppb.New(now),
			Status:                       portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_SUCCEEDED.Enum(),
			BankAccount:                  a.detail(),
		},
	}})
}

// newBulk makes a batch that is completed, with no transfers yet.
func (a *account) newBulk(m *mode, total int64) *portonev2.PlatformBulkAccountTransfer {
	id, now := m.world.IDs.UUID("platform-bulk-account-transfer"), m.world.Clock.Now()
	return &portonev2.PlatformBulkAccountTransfer{
		Id:                   &id,
		GraphqlId:            world.Ptr(world.GraphQLID("PlatformBulkAccountTransfer", m.test, id)),
		CreatorId:            world.Ptr(creatorID),
		BankAccountId:        world.Ptr(accountID),
		BankAccountGraphqlId: world.Ptr(a.graphql),
		TotalAmount:          &total,
		Status:               portonev2.PlatformBulkAccountTransferStatus_PLATFORM_BULK_ACCOUNT_TRANSFER_STATUS_COMPLETED.Enum(),
		Stats:                &portonev2.PlatformBulkAccountTransferStats{Amount: accountTransferStats(nil), Count: accountTransferStats(nil)},
		StatusUpdatedAt:      timestamppb.New(now),
		CreatedAt:            timestamppb.New(now),
		UpdatedAt:            timestamppb.New(now),
	}
}

func (a *account) dump(add func(kind, id string, object proto.Message)) {
	for _, t := range a.transfers {
		add("platformAccountTransfers", accountTransferOf(t).GetId(), proto.CloneOf(t))
	}
	for _, b := range a.bulks {
		add("platformBulkAccountTransfers", b.GetId(), proto.CloneOf(b))
	}
}
