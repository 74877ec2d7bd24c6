package settlement

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// accountTransfer is a transfer of either direction.
type accountTransfer interface {
	GetId() string
	GetBankAccountId() string
	GetDepositMemo() string
	GetTradedAt() *timestamppb.Timestamp
	GetCreatedAt() *timestamppb.Timestamp
	GetStatusUpdatedAt() *timestamppb.Timestamp
	GetStatus() portonev2.PlatformAccountTransferStatus
}

func accountTransferOf(t *portonev2.PlatformAccountTransfer) accountTransfer {
	if deposit := t.GetDeposit(); deposit != nil {
		return deposit
	}
	return t.GetWithdrawal()
}

func directionOf(t *portonev2.PlatformAccountTransfer) portonev2.PlatformAccountTransferType {
	if t.GetDeposit() != nil {
		return portonev2.PlatformAccountTransferType_PLATFORM_ACCOUNT_TRANSFER_TYPE_DEPOSIT
	}
	return portonev2.PlatformAccountTransferType_PLATFORM_ACCOUNT_TRANSFER_TYPE_WITHDRAWAL
}

// GetPlatformAccountTransfers lists deposits and withdrawals, the newest first.
func (s *Store) GetPlatformAccountTransfers(_ context.Context, req *portonev2.GetPlatformAccountTransfersRequest) (*portonev2.GetPlatformAccountTransfersResponse, error) {
	m := s.in(req, req.Test)
	status := func(t *portonev2.PlatformAccountTransfer) portonev2.PlatformAccountTransferStatus {
		return accountTransferOf(t).GetStatus()
	}
	found, err := list(m.bank.transfers, accountTransferFilter(req.GetFilter()), status, req.GetFilter().GetStatuses(), req.GetPage())
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPlatformAccountTransfersResponse{Page: found.info, Counts: accountTransferStats(found.counts)}
	for _, t := range found.items {
		answer.Items = append(answer.Items, proto.CloneOf(t))
	}
	return answer, nil
}

// accountTransferFilter is met by transfers that meet every condition of a filter
// but the statuses.
func accountTransferFilter(f *portonev2.PlatformAccountTransferFilter) condition[*portonev2.PlatformAccountTransfer] {
	type transfer = portonev2.PlatformAccountTransfer
	if f == nil {
		f = &portonev2.PlatformAccountTransferFilter{}
	}
	of := accountTransferOf
	return all(
		between(f.GetTradeTimestampRange(), func(t *transfer) *timestamppb.Timestamp { return of(t).GetTradedAt() }),
		between(f.GetCreatedTimestampRange(), func(t *transfer) *timestamppb.Timestamp { return of(t).GetCreatedAt() }),
		between(f.GetStatusUpdatedTimestampRange(), func(t *transfer) *timestamppb.Timestamp { return of(t).GetStatusUpdatedAt() }),
		between(f.GetScheduledTimestampRange(), func(t *transfer) *timestamppb.Timestamp { return t.GetWithdrawal().GetScheduledAt() }),
		exactly(f.AccountTransferId, only(func(t *transfer) string { return of(t).GetId() })),
		exactly(f.BankAccountId, only(func(t *transfer) string { return of(t).GetBankAccountId() })),
		exactly(f.BulkAccountTransferId, only(func(t *transfer) string { return t.GetWithdrawal().GetBulkAccountTransferId() })),
		exactly(f.PayoutId, only(func(t *transfer) string { return t.GetWithdrawal().GetPayoutId() })),
		among(f.GetAccountTransferIds(), func(t *transfer) string { return of(t).GetId() }),
		among(f.GetTypes(), directionOf),
		exactly(f.DepositorName, only(func(t *transfer) string { return t.GetDeposit().GetDepositorName() })),
		exactly(f.DepositAccountHolder, only(func(t *transfer) string { return t.GetWithdrawal().GetDepositAccountHolder() })),
		exactly(f.DepositMemo, only(func(t *transfer) string { return of(t).GetDepositMemo() })),
		exactly(f.WithdrawalMemo, only(func(t *transfer) string { return t.GetWithdrawal().GetWithdrawalMemo() })),
	)
}

// accountTransferStats shows how many transfers, or how much money, is in each
// status.
func accountTransferStats(counts map[portonev2.PlatformAccountTransferStatus]int64) *portonev2.PlatformAccountTransferStatusStats {
	count := func(status portonev2.PlatformAccountTransferStatus) *int64 { return world.Ptr(counts[status]) }
	return &portonev2.PlatformAccountTransferStatusStats{
		Prepared:        count(portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_PREPARED),
		Scheduled:       count(portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_SCHEDULED),
		Cancelled:       count(portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_CANCELLED),
		Stopped:         count(portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_STOPPED),
		Processing:      count(portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_PROCESSING),
		AsyncProcessing: count(portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_ASYNC_PROCESSING),
		Succeeded:       count(portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_SUCCEEDED),
		Failed:          count(portonev2.PlatformAccountTransferStatus_PLATFORM_ACCOUNT_TRANSFER_STATUS_FAILED),
	}
}

// GetPlatformBulkAccountTransfers lists batches of withdrawals, the newest first.
func (s *Store) GetPlatformBulkAccountTransfers(_ context.Context, req *portonev2.GetPlatformBulkAccountTransfersRequest) (*portonev2.GetPlatformBulkAccountTransfersResponse, error) {
	type bulk = portonev2.PlatformBulkAccountTransfer
	m, f := s.in(req, req.Test), req.GetFilter()
	criteria := f.GetCriteria()
	if criteria == nil {
		criteria = &portonev2.PlatformBulkAccountTransferFilterInputCriteria{}
	}
	met := all(
		between(criteria.GetTimestampRange(), (*bulk).GetCreatedAt),
		between(criteria.GetStatusUpdatedTimestampRange(), (*bulk).GetStatusUpdatedAt),
		exactly(criteria.BulkAccountTransferId, only((*bulk).GetId)),
	)
	found, err := list(m.bank.bulks, met, (*bulk).GetStatus, f.GetStatuses(), req.GetPage())
	if err != nil {
		return nil, err
	}
	answer := &portonev2.GetPlatformBulkAccountTransfersResponse{Page: found.info, Counts: &portonev2.PlatformBulkAccountTransferStatusStats{
		Prepared:  found.count(portonev2.PlatformBulkAccountTransferStatus_PLATFORM_BULK_ACCOUNT_TRANSFER_STATUS_PREPARED),
		Scheduled: found.count(portonev2.PlatformBulkAccountTransferStatus_PLATFORM_BULK_ACCOUNT_TRANSFER_STATUS_SCHEDULED),
		Ongoing:   found.count(portonev2.PlatformBulkAccountTransferStatus_PLATFORM_BULK_ACCOUNT_TRANSFER_STATUS_ONGOING),
		Completed: found.count(portonev2.PlatformBulkAccountTransferStatus_PLATFORM_BULK_ACCOUNT_TRANSFER_STATUS_COMPLETED),
	}}
	for _, b := range found.items {
		answer.Items = append(answer.Items, proto.CloneOf(b))
	}
	return answer, nil
}
