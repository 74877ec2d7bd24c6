package b2b

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Short names for the typed errors of the domain.
const (
	invalidRequest  = portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST
	externalService = portonev2.ErrorReason_ERROR_REASON_B2B_EXTERNAL_SERVICE

	counterpartyNotFound    = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_NOT_FOUND
	counterpartyIDExists    = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_ID_ALREADY_EXISTS
	counterpartyIDOfPartner = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_ID_ALREADY_EXISTS_BY_PARTNER
	counterpartyOngoing     = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_ONGOING_TAX_INVOICE_EXISTS
	brnInvalid              = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_BRN_INVALID
	brnChanged              = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_BRN_MODIFICATION_NOT_ALLOWED
	brnOfMerchant           = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_SELF_ORIGIN_BRN_MISMATCH
	missingFields           = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_MISSING_REQUIRED_FIELDS
	tooManyContacts         = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_TOO_MANY_ADDITIONAL_CONTACTS
	connectionFailed        = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_NTS_CONNECTION_FAILED
	notConnected            = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_NTS_NOT_CONNECTED
	partnerNotConnectable   = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_PARTNER_NOT_CONNECTABLE
	partnerNotDeletable     = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_PARTNER_NOT_DELETABLE
	partnerNotUpdatable     = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_PARTNER_NOT_UPDATABLE
	lookupNotFound          = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_VERIFICATION_NOT_FOUND
	lookupInvalid           = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_VERIFICATION_INVALID
	lookupOfOtherBRN        = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_VERIFICATION_BRN_MISMATCH
	lookupOfOtherKind       = portonev2.ErrorReason_ERROR_REASON_B2B_COUNTERPARTY_VERIFICATION_TYPE_MISMATCH
	certificateUnregistered = portonev2.ErrorReason_ERROR_REASON_B2B_CERTIFICATE_UNREGISTERED

	invoiceNotFound      = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_NOT_FOUND
	bulkNotFound         = portonev2.ErrorReason_ERROR_REASON_B2B_BULK_TAX_INVOICE_NOT_FOUND
	attachmentNotFound   = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_ATTACHMENT_NOT_FOUND
	fileNotFound         = portonev2.ErrorReason_ERROR_REASON_B2B_FILE_NOT_FOUND
	supplierNotFound     = portonev2.ErrorReason_ERROR_REASON_B2B_SUPPLIER_NOT_FOUND
	recipientNotFound    = portonev2.ErrorReason_ERROR_REASON_B2B_RECIPIENT_NOT_FOUND
	originalNotFound     = portonev2.ErrorReason_ERROR_REASON_B2B_ORIGINAL_TAX_INVOICE_NOT_FOUND
	originalNotCompleted = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_STATUS_NOT_SENDING_COMPLETED
	modificationMissing  = portonev2.ErrorReason_ERROR_REASON_B2B_MODIFICATION_NOT_PROVIDED
	taxationTypeChanged  = portonev2.ErrorReason_ERROR_REASON_B2B_CANNOT_CHANGE_TAX_TYPE
	issuanceTypeMismatch = portonev2.ErrorReason_ERROR_REASON_B2B_ISSUANCE_TYPE_MISMATCH
	idExists             = portonev2.ErrorReason_ERROR_REASON_B2B_ID_ALREADY_EXISTS
	documentKeyChanged   = portonev2.ErrorReason_ERROR_REASON_B2B_DOCUMENT_KEY_CANNOT_BE_CHANGED
	supplierKeyUsed      = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_SUPPLIER_DOCUMENT_KEY_ALREADY_USED
	recipientKeyUsed     = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_RECIPIENT_DOCUMENT_KEY_ALREADY_USED
	noSupplierKey        = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_NO_SUPPLIER_DOCUMENT_KEY
	noRecipientKey       = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_NO_RECIPIENT_DOCUMENT_KEY
	notDraftedStatus     = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_NOT_DRAFTED_STATUS
	notRequestedStatus   = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_NOT_REQUESTED_STATUS
	notIssuedStatus      = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_NOT_ISSUED_STATUS
	nonDeletableStatus   = portonev2.ErrorReason_ERROR_REASON_B2B_TAX_INVOICE_NON_DELETABLE_STATUS
)
